"""Code sets from the files that offices have, into the store: `load` is the way in."""
