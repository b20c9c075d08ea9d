"""Fetching from a source: a Scrapy project inside the Django project (docs/sources.md).

plans      what is asked: tiles, pages, addresses; pure   tiles     boxes that cover a country; pure
answers    what an answer means; pure                     walk      one run on its way through its plan
spider     the loop: step, request, answer                middlewares  robots.txt, redirects, the last gate
options    Scrapy's settings for one source               process   a crawl in this process
"""
