"""Practice: moderators learn on the same rules that draft and check the live replies.

`scenarios` reads what is practised, `marking` marks an answer by rules, `courses` says what an office's course holds,
`progress` keeps who has done what. Imports no Rasa and no Flask.
"""
