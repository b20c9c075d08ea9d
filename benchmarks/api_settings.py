"""The settings of the tests on a benchmark database, as a server of several processes runs them."""

import os

from config.settings import test

globals().update({name: value for name, value in vars(test).items() if name.isupper()})
test.DATABASES["default"]["NAME"] = os.environ["BENCH_DATABASE"]
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = False
