"""Latent arithmetic: the direction of an attribute in the latents, what it does to pictures, and by whose word.

`flags` is the command line's part, `material` finds labelled images, `vectors` is the arithmetic, `judges` score an
attribute, `effects` measures what the vector does to the scores, `drawing`, `report` and `page` write it down;
`study` is the order of it all.
"""
