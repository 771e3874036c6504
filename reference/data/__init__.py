"""Real data from installed packages: nothing is downloaded, every split is fixed, statistics come from training data.

`images` (digits, MNIST, Fashion-MNIST, faces, photos), `text` (the King James Bible, Wikipedia) and `series`
(sunspots, CO2, El Nino). Each loader imports its package when it is called and names it when it is missing.
"""
