"""The front door."""

from django.urls import path

from .views import account, approvals, bindings, login, oidc, passkeys, totp

app_name = "accounts"
urlpatterns = [
    path("", login.home, name="home"),
    path("logg-inn/", login.log_in, name="login"),
    path("logg-inn/kode/", totp.code, name="code"),
    path("logg-inn/ny-kode/", totp.first_code, name="first_code"),
    path("logg-inn/passnokkel/", passkeys.log_in, name="passkey"),
    path("logg-inn/passnokkel/sporsmal/", passkeys.question, name="passkey_question"),
    path("logg-inn/<slug:key>/", oidc.start, name="oidc"),
    path("logg-inn/<slug:key>/svar/", oidc.back, name="oidc_back"),
    path("logg-inn/<slug:key>/logget-ut/", oidc.logged_out_there, name="oidc_logged_out"),
    path("logg-ut/", login.log_out, name="logout"),
    path("logg-ut/<slug:key>/", oidc.farewell, name="farewell"),
    path("lenke/<str:token>/", account.link, name="link"),
    path("konto/", account.account, name="account"),
    path("konto/passord/", account.password, name="password"),
    path("konto/kode/", account.factor, name="factor"),
    path("konto/gjenopprettingskoder/", account.new_codes, name="new_codes"),
    path("konto/passnokler/ny/", passkeys.add, name="new_passkey"),
    path("konto/passnokler/<int:pk>/fjern/", passkeys.remove, name="remove_passkey"),
    path("konto/innlogginger/ny/", bindings.add, name="new_binding"),
    path("konto/innlogginger/<int:pk>/fjern/", bindings.remove, name="remove_binding"),
    path("konto/logg-ut-andre/", account.end_others, name="end_others"),
    path("godkjenninger/", approvals.approval_list, name="approvals"),
    path("godkjenninger/<int:pk>/", approvals.approval, name="approval"),
    path("godkjenninger/<int:pk>/bekreft/", approvals.prove, name="prove_request"),
    path("godkjenninger/<int:pk>/stans/", approvals.stop, name="stop_request"),
    path("demo/", login.personas, name="personas"),
]
