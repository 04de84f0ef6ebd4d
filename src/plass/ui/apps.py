from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class UiConfig(AppConfig):
    """Layout, components, forms, icons, charts, error pages: what every room's pages stand on."""

    name = "plass.ui"
    label = "ui"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say in plain words what Django's own fields say like a form from an office."""
        from django.core.validators import EmailValidator
        from django.forms import Field

        Field.default_error_messages["required"] = gettext_lazy("Fill in this field.")
        # The validators that Django's fields share were made already; they read the message where it stands on the class.
        EmailValidator.message = gettext_lazy("Write a valid e-mail address, such as name@company.no.")
