"""Records: the rows of data sets. Writer: api.

A record has an increasing `seq` in its data set. It is visible iff its seq is below the data set's `visible_below`: an
import writes above that bound and moves it when it commits, so a half import is never seen.
"""
