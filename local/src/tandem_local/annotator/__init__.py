"""A model for machines without one: nearest label by static word embeddings, behind the API of a chat model.

It needs no key, no network and no GPU, and it is weak by nature: about half of three-way sentiment is right.
Several labels, numbers, names and short texts it answers by simpler means still, so that schemas of all kinds run.
It is there so that everything runs, with real answers and real probabilities, not so that the labels are good.
"""
