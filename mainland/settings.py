"""The settings of the project, each with its reason. Scrapy's own are explained in its documentation."""

from mainland import __version__
from mainland.clean import urls

# -- Scrapy ----------------------------------------------------------------------------------------------
BOT_NAME = "mainland"
SPIDER_MODULES = ["mainland.spiders"]
COMMANDS_MODULE = "mainland.commands"
ADDONS = {"mainland.addons.Mainland": 0}  # registers pipelines, extensions and middlewares for the spider articles

# -- Politeness: one page a second, one request at a time, and a contact ---------------------------------
USER_AGENT = f"mainland/{__version__}"  # with MAINLAND_CONTACT behind it
ROBOTSTXT_OBEY = True
CONCURRENT_ITEMS = 2  # a page gives one; Scrapy starts so many tasks for each page
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 1.0
COOKIES_ENABLED = False
REDIRECT_MAX_TIMES = 5
METAREFRESH_ENABLED = False  # a page's text sends nobody anywhere, and is not read twice

# -- Limits: a page of a news site is 60 kB and comes within seconds --------------------------------------
URLLENGTH_LIMIT = urls.LONGEST
DOWNLOAD_TIMEOUT = 60
DOWNLOAD_MAXSIZE = 16 << 20  # of a sitemap, unpacked; of a page mainland.pages.parsing.MOST_BYTES are read
DOWNLOAD_WARNSIZE = 4 << 20
DOWNLOAD_VERIFY_CERTIFICATES = True
RETRY_TIMES = 4
RETRY_GIVE_UP_LOG_LEVEL = "DEBUG"  # the spider says which addresses failed

# -- Closed ports: both run code for everybody who can connect -------------------------------------------
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False

# -- A log that cron can mail -------------------------------------------------------------------------------
LOG_LEVEL = "INFO"
STATS_DUMP = False  # the summary says what matters
LOG_FORMATTER = "mainland.logs.LogFormatter"  # names items by their addresses: no text of a page in the log

# -- What belongs to Mainland Times alone -------------------------------------------------------------------
MAINLAND_SITE = "https://mainlandtimes.com"
MAINLAND_TIMEZONE = None  # None: requested from the site
MAINLAND_DATE_ORDER = "MDY"  # of printed dates of numbers: 01/07/2022 was 7 January

# -- The crawl ------------------------------------------------------------------------------------------------
MAINLAND_DATA_DIR = "data"  # relative paths count from the folder of scrapy.cfg
MAINLAND_CONTACT = ""  # a mail address or a page, for the User-Agent
MAINLAND_FULL_EVERY = 7  # days after which all category pages are read again
MAINLAND_RECHECKS = 50  # known articles requested again a crawl, on sites that date no changes
MAINLAND_DROP_DUPLICATES = False  # whether near-duplicates stay out of articles.jsonl and exports
MAINLAND_KEEP_PAGES = True  # store the responses of crawls that write lines, as WARC, for reparse: docs/operating.md
MAINLAND_REPORT = False  # whether a crawl that changed something writes report.html into the data folder

# -- Several workers: docs/scale.md ---------------------------------------------------------------------------
MAINLAND_ARCHIVE = ""  # postgresql://user@host/database; empty: index.sqlite in the data folder
MAINLAND_WORKER = ""  # the name in the worker's own files: changes-NAME.jsonl
REDIS_URL = ""  # the queue that workers share: redis://host/0
