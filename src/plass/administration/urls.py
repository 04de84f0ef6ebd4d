"""The administrator's pages."""

from django.urls import path

from .views import accounts, organisation

app_name = "administration"
urlpatterns = [
    path("organisasjon/", organisation.overview, name="organisation"),
    path("organisasjon/fylke/nytt/", organisation.add_county, name="add_county"),
    path("organisasjon/fylke/<int:pk>/", organisation.rename_county, name="county"),
    path("organisasjon/fylke/<int:pk>/nytt-kontor/", organisation.add_office, name="add_office"),
    path("organisasjon/kontor/<int:pk>/", organisation.rename_office, name="office"),
    path("organisasjon/kontor/<int:pk>/nytt-team/", organisation.add_team, name="add_team"),
    path("organisasjon/team/<int:pk>/", organisation.rename_team, name="team"),
    path("organisasjon/grupper/", organisation.groups, name="groups"),
    path("organisasjon/grupper/<int:pk>/fjern/", organisation.remove_group, name="remove_group"),
    path("kontoer/", accounts.accounts, name="accounts"),
    path("kontoer/foresporsler/", accounts.requests, name="requests"),
    path("kontoer/ny/", accounts.add, name="add_account"),
    path("kontoer/<int:pk>/", accounts.account, name="account"),
    path("kontoer/<int:pk>/endre/", accounts.change, name="change_account"),
    path("kontoer/<int:pk>/rolle/", accounts.give_role, name="give_role"),
    path("kontoer/<int:pk>/rolle/<int:role>/slutt/", accounts.end_role, name="end_role"),
    path("kontoer/<int:pk>/slutter/", accounts.leave, name="leave"),
    path("kontoer/<int:pk>/lenke/", accounts.link, name="link"),
    path(
        "kontoer/<int:pk>/forste-innlogging/<int:asked>/",
        accounts.answer_first_login,
        name="answer_first_login",
    ),
    path("kontoer/<int:pk>/mistet-telefon/", accounts.lost_phone, name="lost_phone"),
    path("kontoer/<int:pk>/<slug:what>/", accounts.help_in, name="help_in"),
]
