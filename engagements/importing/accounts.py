"""The accounts in whose name files are loaded; nobody can log in with them."""

from django.contrib.auth.models import Group, User

from engagements import groups

IMPORTER = "importer"
SAMPLE_REVIEWER = "sample-reviewer"


def importer() -> User:
    """The author of what is imported: somebody else must clear it."""
    user = _account(IMPORTER, "Importer")
    user.groups.add(Group.objects.get(name=groups.CONTRIBUTOR))
    return user


def sample_reviewer() -> User:
    """Who cleared the sample before it shipped; the account itself has no rights."""
    return _account(SAMPLE_REVIEWER, "Sample reviewer")


def _account(username: str, name: str) -> User:
    user, created = User.objects.get_or_create(username=username, defaults={"first_name": name})
    if created:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user
