from django.contrib.auth.backends import ModelBackend


class StaffBackend(ModelBackend):
    """Only staff are let in. Who is no longer staff is out at once, whatever their session says."""

    def user_can_authenticate(self, user) -> bool:
        return super().user_can_authenticate(user) and user.is_staff
