"""The front door."""

from django.urls import path

from . import account_views, approval_views, oidc_views, passkey_views, totp_views, views

app_name = "access"
urlpatterns = [
    path("", views.home, name="home"),
    path("logg-inn/", views.log_in, name="login"),
    path("logg-inn/kode/", totp_views.code, name="code"),
    path("logg-inn/ny-kode/", totp_views.first_code, name="first_code"),
    path("logg-inn/passnokkel/", passkey_views.log_in, name="passkey"),
    path("logg-inn/passnokkel/sporsmal/", passkey_views.question, name="passkey_question"),
    path("logg-inn/<slug:key>/", oidc_views.start, name="oidc"),
    path("logg-inn/<slug:key>/svar/", oidc_views.back, name="oidc_back"),
    path("logg-inn/<slug:key>/logget-ut/", oidc_views.logged_out_there, name="oidc_logged_out"),
    path("logg-ut/", views.log_out, name="logout"),
    path("logg-ut/<slug:key>/", oidc_views.farewell, name="farewell"),
    path("lenke/<str:token>/", account_views.link, name="link"),
    path("konto/", account_views.account, name="account"),
    path("konto/passord/", account_views.password, name="password"),
    path("konto/kode/", account_views.factor, name="factor"),
    path("konto/gjenopprettingskoder/", account_views.new_codes, name="new_codes"),
    path("konto/passnokler/ny/", passkey_views.add, name="new_passkey"),
    path("konto/passnokler/<int:pk>/fjern/", passkey_views.remove, name="remove_passkey"),
    path("konto/logg-ut-andre/", account_views.end_others, name="end_others"),
    path("godkjenninger/", approval_views.approval_list, name="approvals"),
    path("godkjenninger/<int:pk>/", approval_views.approval, name="approval"),
    path("godkjenninger/<int:pk>/bekreft/", approval_views.prove, name="prove_request"),
    path("godkjenninger/<int:pk>/stans/", approval_views.stop, name="stop_request"),
    path("demo/", views.personas, name="personas"),
]
