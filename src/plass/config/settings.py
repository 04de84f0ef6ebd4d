"""Settings. Everything that differs between installations comes from the environment; `plass doctor` explains them.

The command line sets what it knows (the embedded database's address, the keys kept beside the data) before Django reads
this file, so that `plass serve` on a fresh machine needs no setting at all.
"""

from __future__ import annotations

import os
from pathlib import Path

from plass.accounts import providers
from plass.db import database

from . import login_checks

ROOT = Path(__file__).resolve().parent.parent


def _truth(name: str) -> bool:
    return os.environ.get(name, "").lower() in {"1", "true", "yes", "on"}


# --- What this process is -------------------------------------------------------------------------------------------
PLASS_DEMO = _truth("PLASS_DEMO")
"""True where the people are made up: the page to choose who to be is open, and every page says so."""

PLASS_GALLERY = PLASS_DEMO
DEBUG = False
SECRET_KEY = os.environ.get("PLASS_SECRET_KEY", "")
PLASS_IDENTITY_KEYS = [key for key in os.environ.get("PLASS_IDENTITY_KEYS", "").split(",") if key]
"""Keys that national identity numbers are encrypted with, newest first (32 bytes, base64)."""
PLASS_HASH_KEY = os.environ.get("PLASS_HASH_KEY", "")
"""The key of the hash that finds a national identity number without decrypting any."""

ALLOWED_HOSTS = [host for host in os.environ.get("PLASS_HOSTS", "localhost,127.0.0.1,[::1]").split(",") if host]
PLASS_RP_ID = login_checks.passkeys_name(ALLOWED_HOSTS)
"""The name that passkeys are bound to; empty for none."""
CSRF_TRUSTED_ORIGINS = [origin for origin in os.environ.get("PLASS_ORIGINS", "").split(",") if origin]

# --- The house ------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django_cotton.apps.SimpleAppConfig",
    "django_htmx",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "procrastinate.contrib.django",
    "plass.ui",
    "plass.organisation",
    "plass.access",
    "plass.queue",
    "plass.accounts",
    "plass.administration",
    "plass.cases",
    "plass.profiles",
    "plass.employers",
    "plass.followup",
    "plass.plan",
    "plass.jobs",
    "plass.rights",
    "plass.timeline",
    "plass.milestones",
    "plass.caseload",
    "plass.quality",
    "plass.oversight",
    "plass.retention",
    "plass.portal",
    "plass.imports",
    "plass.extracts",
    "plass.demo",
]

MIDDLEWARE = [
    "plass.ui.security.SecurityHeaders",
    "plass.config.health.Health",
    "django.middleware.security.SecurityMiddleware",
    "plass.ui.in_place.InPlace",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "plass.ui.views.ErrorPages",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    # From here on everything happens in one transaction that knows who is acting.
    "plass.accounts.middleware.ActingUser",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "plass.accounts.middleware.LoginRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "plass.config.urls"
WSGI_APPLICATION = "plass.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": False,
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django_cotton.cotton_loader.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "django.templatetags.i18n",
                "django.templatetags.static",
                "plass.ui.templatetags.plass",
                "plass.ui.templatetags.listing",
                "plass.ui.templatetags.stencil",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "plass.ui.context.page",
            ],
        },
    }
]
FORM_RENDERER = "plass.ui.forms.Renderer"
PLASS_STANDING = "plass.access.user_roles.user_roles"
"""Tells the menu (plass.ui.navigation) what somebody is here: a function of the user whose answer has ``roles``."""

# --- Database -------------------------------------------------------------------------------------------------------
DATABASES = {"default": database.django_settings()}

# --- Background jobs ------------------------------------------------------------------------------------------------
# The worker alone looks for jobs (plass.queue.worker): no other process imports what they need.
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""

# --- Who is logged in -----------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "organisation.User"
AUTHENTICATION_BACKENDS = ["plass.accounts.auth_backend.LocalAccounts"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "plass.accounts.password_rules.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PLASS_PROVIDERS = providers.from_environment()
"""The OpenID providers to log in with, by key (plass.accounts.providers)."""
PLASS_LOCAL_ACCOUNTS = os.environ.get("PLASS_LOCAL_ACCOUNTS", "1").lower() not in {"0", "false", "no", "off"}
"""Whether those who work here may log in with a user name and a password of our own."""
PLASS_SECOND_FACTOR = os.environ.get("PLASS_SECOND_FACTOR", "" if PLASS_DEMO else "1").lower() in {"1", "true", "yes"}
"""Whether every account with a password of our own, of staff or of an employer's contact person, must have a second factor
(a code from a phone)."""
PLASS_PERSONS = "plass.cases.login"
"""Knows participants by identity number for logins through ID-porten: the people are in a room above ``accounts``."""
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "accounts:login"
SESSION_ENGINE = "plass.accounts.session_store"
SESSION_COOKIE_NAME = "plass_session"
SESSION_COOKIE_AGE = 8 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
PLASS_IDLE_SECONDS = 60 * int(os.environ.get("PLASS_IDLE_MINUTES", "60"))
"""A login ends so long after the last page (and SESSION_COOKIE_AGE after it began, whatever happens)."""
PLASS_LOCK_SECONDS = 5
"""A page waits so long, each time, for what another transaction holds; then it answers that one should try again."""
CSRF_COOKIE_NAME = "plass_csrf"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "plass.ui.views.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"

# --- TLS (behind a proxy that ends it) ------------------------------------------------------------------------------
_TLS = _truth("PLASS_TLS")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = _TLS
SECURE_HSTS_SECONDS = 31_536_000 if _TLS else 0
if _TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
PLASS_PROXIES = int(os.environ.get("PLASS_PROXIES", "1" if _TLS else "0"))
"""How many proxies of one's own stand in front: the address a request comes from is the one the outermost of them wrote in
X-Forwarded-For. What stands further left was written by whoever asked, and is never believed."""
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# --- Language and time ----------------------------------------------------------------------------------------------
LANGUAGE_CODE = "nb"
LANGUAGES = [("nb", "Norsk bokmål"), ("en", "English")]
LANGUAGE_COOKIE_NAME = "plass_language"
USE_I18N = True
TIME_ZONE = database.TIME_ZONE
USE_TZ = True
FORMAT_MODULE_PATH = ["plass.ui.formats"]

# --- Files ----------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = os.environ.get("PLASS_STATIC") or None
WHITENOISE_USE_FINDERS = STATIC_ROOT is None
STORAGES = {
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if STATIC_ROOT
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 25 * 1024 * 1024

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "class": "plass.config.log_masking.Formatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "filters": {"request_faults": {"()": "plass.config.log_lines.RequestFaults"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_faults"]},
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        # How many requests wait for a thread, said for each of them: it is measured elsewhere (docs/performance.md).
        "waitress.queue": {"level": "ERROR"},
        # That the database is away, said for each attempt: the worker says it once (plass.queue.worker).
        "procrastinate.utils": {"level": "CRITICAL"},
        "psycopg.pool": {"level": "CRITICAL"},
    },
}
