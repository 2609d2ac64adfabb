"""How staff sign in: django-allauth below /admin/account/, and what it must not do here.

There are no public accounts, no e-mail and no cookie outside /admin/. Who needs a second factor
is written in `engagements/groups.py`; `middleware.py` sees to it.
"""
