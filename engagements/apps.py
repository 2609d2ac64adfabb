from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_save
from django.utils.translation import gettext_lazy as _


class EngagementsConfig(AppConfig):
    name = "engagements"
    verbose_name = _("Records")

    def ready(self) -> None:
        post_save.connect(
            marking_saved, sender="engagements.Engagement", dispatch_uid="marking_saved"
        )


def marking_saved(instance: Any, created: bool, raw: bool = False, **kwargs: Any) -> None:
    """However a stricter marking is set, the public side follows in the same transaction."""
    from engagements.protection import marking_changed

    if not created and not raw:
        marking_changed(instance)
