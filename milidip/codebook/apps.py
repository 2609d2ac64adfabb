from django.apps import AppConfig
from django.db.models.signals import pre_delete
from django.utils.translation import gettext_lazy as _


class CodebookConfig(AppConfig):
    name = "milidip.codebook"
    label = "codebook"
    verbose_name = _("Codebook")

    def ready(self) -> None:
        from milidip.codebook import geography, models

        geography.forget_on_change()
        for model in self.get_models():
            if issubclass(model, models.Coded):
                pre_delete.connect(models.refuse_deletion_in_use, sender=model)
