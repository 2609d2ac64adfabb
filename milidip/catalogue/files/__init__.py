"""Ready files of the whole register: cut by a command, kept in a folder, served as they are.

`writing` makes them, `package` describes them, `shelf` keeps them where the site finds them,
`coverage` says what they cannot tell, and `views` shows and serves them.
"""
