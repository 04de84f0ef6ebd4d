from django.apps import AppConfig
from django.utils.translation import gettext_lazy, ngettext_lazy


class UiConfig(AppConfig):
    """Layout, components, forms, icons, charts, error pages: what every room's pages stand on."""

    name = "plass.ui"
    label = "ui"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say in plain words what Django's own fields say like a form from an office."""
        from django.core import validators
        from django.forms import Field

        Field.default_error_messages["required"] = gettext_lazy("Fill in this field.")
        # The validators that Django's fields share were made already; they read the message where it stands on the class.
        validators.EmailValidator.message = gettext_lazy("Write a valid e-mail address, such as name@company.no.")
        validators.MaxValueValidator.message = gettext_lazy("Write a number that is not above %(limit_value)s.")
        validators.MinValueValidator.message = gettext_lazy("Write a number that is not below %(limit_value)s.")
        validators.MaxLengthValidator.message = gettext_lazy(
            "This is too long: %(show_value)d characters. There is room for %(limit_value)d."
        )
        validators.DecimalValidator.messages["max_decimal_places"] = ngettext_lazy(  # type: ignore[assignment]  # the stubs know no lazy plural
            "Write at most %(max)s figure after the comma.", "Write at most %(max)s figures after the comma.", "max"
        )
