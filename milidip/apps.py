from django.apps import AppConfig


class MilidipConfig(AppConfig):
    """The house itself: start, roles and commands. It has no tables."""

    name = "milidip"
    label = "milidip"
    verbose_name = "milidip"
