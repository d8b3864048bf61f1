"""Simulations of what planning cannot know: how the trust grows, and how a programme is delivered.

Nothing is optimised here. Two policies meet the same futures, for their draws are those of ``streams``.
"""
