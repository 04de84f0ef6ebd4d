"""The administrator's pages."""

from django.urls import path

from . import account_views, views

app_name = "administration"
urlpatterns = [
    path("organisasjon/", views.overview, name="organisation"),
    path("organisasjon/fylke/nytt/", views.add_county, name="add_county"),
    path("organisasjon/fylke/<int:pk>/", views.rename_county, name="county"),
    path("organisasjon/fylke/<int:pk>/nytt-kontor/", views.add_office, name="add_office"),
    path("organisasjon/kontor/<int:pk>/", views.rename_office, name="office"),
    path("organisasjon/kontor/<int:pk>/nytt-team/", views.add_team, name="add_team"),
    path("organisasjon/team/<int:pk>/", views.rename_team, name="team"),
    path("organisasjon/grupper/", views.groups, name="groups"),
    path("organisasjon/grupper/<int:pk>/fjern/", views.remove_group, name="remove_group"),
    path("kontoer/", account_views.accounts, name="accounts"),
    path("kontoer/foresporsler/", account_views.requests, name="requests"),
    path("kontoer/ny/", account_views.add, name="add_account"),
    path("kontoer/<int:pk>/", account_views.account, name="account"),
    path("kontoer/<int:pk>/endre/", account_views.change, name="change_account"),
    path("kontoer/<int:pk>/rolle/", account_views.give_role, name="give_role"),
    path("kontoer/<int:pk>/rolle/<int:role>/slutt/", account_views.end_role, name="end_role"),
    path("kontoer/<int:pk>/slutter/", account_views.leave, name="leave"),
    path("kontoer/<int:pk>/lenke/", account_views.link, name="link"),
    path(
        "kontoer/<int:pk>/forste-innlogging/<int:asked>/",
        account_views.answer_first_login,
        name="answer_first_login",
    ),
    path("kontoer/<int:pk>/mistet-telefon/", account_views.lost_phone, name="lost_phone"),
    path("kontoer/<int:pk>/<slug:what>/", account_views.help_in, name="help_in"),
]
