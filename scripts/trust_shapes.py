"""What the five example trusts are made of: invented schools in the shape of five published strategies, as plain text.

Columns as in ``make_example.SCHOOLS``. Every school, place and figure of a school is invented; only the shape (how many
schools and pupils, phases, PFI, region, temporary blocks, several sites) follows what the trusts have published.
"""

HEADS = ("school_id|name|phase|region|pfi|va|tenure|joined|band|primary|secondary|post16|special|surveyed|m2_per_pupil|"
         "blocks|temporary|exit|planning_area|capacity\n")

PRIORITY = """
ALB|Alderbourne School|special|East Midlands|no|no|freehold|2014-09-01|CDC1-G|0|0|0|118|2025-03-11|17.5|2|0||NORTHSHIRE|124
BEC|Beckwater School|special|East Midlands|no|no|125-year lease|2014-09-01|CDC1-E|0|0|0|96|2024-10-08|18.0|1|0||NORTHSHIRE|96
CAL|Calverthorn School|special|East Midlands|no|no|125-year lease|2015-09-01|CDC1-K|0|0|0|134|2025-05-20|15.5|3|1|2029-08-31|NORTHSHIRE|120
DUN|Dunnockfield School|special|East Midlands|no|no|125-year lease|2016-01-01|CDC1-G|0|0|0|72|2025-01-21|19.0|1|0||NORTHSHIRE|76
EDG|Edgeleigh School|special|East Midlands|no|no|125-year lease|2017-09-01|CDC1-E|0|0|0|105|2025-09-16|17.0|2|1|2030-08-31|NORTHSHIRE|100
FAR|Farrowmere School|special|East of England|no|no|freehold|2018-09-01|CDC1-G|0|0|0|142|2024-06-18|16.5|2|0||EASTSHIRE|146
GAD|Gadsby Lane School|special|East of England|no|no|125-year lease|2018-09-01|CDC1-K|0|0|0|88|2025-02-04|18.5|2|1|2028-08-31|EASTSHIRE|84
HES|Heselmoor School|special|East of England|no|no|125-year lease|2019-04-01|CDC1-E|0|0|0|126|2025-11-12|17.0|1|0||EASTSHIRE|130
INK|Inkberrow Fen School|special|East of England|no|no|125-year lease|2019-09-01|CDC1-G|0|0|0|110|2025-06-24|16.0|2|1|2031-08-31|EASTSHIRE|104
JES|Jessamy Vale School|special|East of England|no|no|125-year lease|2020-09-01|CDC1-E|0|0|0|64|2024-11-05|21.0|1|0||EASTSHIRE|66
KIR|Kirtleham School|special|Yorkshire and the Humber|no|no|freehold|2020-09-01|CDC1-G|0|0|0|155|2025-04-29|16.0|2|0||WESTSHIRE|160
LOX|Loxmarsh School|special|Yorkshire and the Humber|no|no|125-year lease|2021-04-01|CDC1-K|0|0|0|98|2025-10-07|17.5|2|1|2032-08-31|WESTSHIRE|90
MEL|Mellowdale School|special|Yorkshire and the Humber|no|no|125-year lease|2021-09-01|CDC1-E|0|0|0|120|2023-12-05|17.0|1|0||WESTSHIRE|122
NET|Netherwick Gate School|special|Yorkshire and the Humber|yes|no|PFI lease|2022-09-01|CDC1-E|0|0|0|130|2025-03-25|18.0|1|0||WESTSHIRE|130
ORL|Orlestoke School|special|South East|no|no|125-year lease|2022-09-01|CDC1-G|0|0|0|84|2025-07-01|18.0|1|0||SOUTHSHIRE|88
PIN|Pinfold Hill School|special|South East|no|no|125-year lease|2023-09-01|CDC1-K|0|0|0|112|2025-05-06|16.5|2|1|2030-08-31|SOUTHSHIRE|106
QUE|Quennell School|special|South East|no|no|125-year lease|2024-09-01|CDC1-G|0|0|0|90|2026-01-20|18.0|1|0||SOUTHSHIRE|92
"""  # noqa: E501

PRIORITY_WORKS = """work_id|school_id|block_id|description|use|cost_gbp|cost_price_base|loss_avoided_gbp_per_year|priority|must_start_by|status
P01|CAL||New teaching wing in place of the hired classroom, first phase (planning permission given)|condition|185000|2026|21000|2|2029|proposed
P02|GAD||Bring the classes of the hired classroom into the main block|condition|96000|2026|11000|2|2028|proposed
P03|PIN||Bring the classes of the hired classroom into the main block|condition|88000|2026|9500|2|2030|proposed
P04|KIR|KIR-1-A|Second boiler, so that one failure does not close the school|condition|64000|2026|12500|2||proposed
P05|MEL|MEL-1-A|Second incoming network line and standby core switch|condition|18000|2026|4200|3||proposed
P06|JES|JES-1-A|Hydrotherapy pool plant, bought with local apprentices|condition|54000|2026|6800|2||proposed
"""  # noqa: E501

SITE_STRATEGY = """
ASH|Ashlarsgate School|secondary|South West|no|no|125-year lease|2012-09-01|CDC2-F|0|910|165|0|2025-03-18|7.8|2+2|0||CITY|1180
BRO|Broomhayes School|secondary|South West|no|no|125-year lease|2013-09-01|CDC2-G|0|840|120|0|2025-06-10|10.4|2+1|0||CITY|1120
CHE|Cherrywell School|secondary|South West|no|no|freehold|2015-01-01|CDC2-E|0|620|90|0|2024-11-12|10.8|2+1|0||CITY|900
DAM|Damerel Primary School|primary|South West|no|no|125-year lease|2016-09-01|CDC2-F|405|0|0|0|2025-05-13|6.2|2|0||CITY|420
"""  # noqa: E501

SITE_STRATEGY_PLACES = """places_id|school_id|block_id|use|places|shared_by|essential
ASH-1A|ASH|ASH-1-A|secondary|300||yes
ASH-1B|ASH|ASH-1-B|secondary|650||
ASH-2A-6|ASH|ASH-2-A|sixth form|150|CITYSIXTH|
ASH-2B-6|ASH|ASH-2-B|sixth form|150|CITYSIXTH|
BRO-1A|BRO|BRO-1-A|secondary|560||yes
BRO-1B|BRO|BRO-1-B|secondary|400||
BRO-2A-6|BRO|BRO-2-A|sixth form|120|CITYSIXTH|
CHE-1A|CHE|CHE-1-A|secondary|330||yes
CHE-1B|CHE|CHE-1-B|secondary|400||
CHE-2A-6|CHE|CHE-2-A|sixth form|110|CITYSIXTH|
DAM-1A|DAM|DAM-1-A|primary|280||yes
DAM-1B|DAM|DAM-1-B|primary|140||
"""

SITE_STRATEGY_WORKS = """work_id|school_id|block_id|description|use|cost_gbp|cost_price_base|loss_avoided_gbp_per_year|priority|must_start_by|status
S01|ASH|ASH-1-A|Science laboratories: benches, gas and extract|condition|145000|2026|19000|2||proposed
S02|CHE|CHE-1-A|Acoustic ceilings and lighting of ten classrooms|condition|72000|2026|8600|1|2027|proposed
S03|BRO|BRO-1-B|Staff workroom and meeting rooms|condition|58000|2026|5100|3||proposed
"""  # noqa: E501

RESERVES = """
ARD|Ardenholt Academy|secondary|West Midlands|yes|no|PFI lease|2014-09-01|CDC2-B|0|960|0|0|2024-03-12|7.6|2|0||TOWN|1400
BIS|Bisley Road Academy|secondary|West Midlands|yes|no|PFI lease|2015-09-01|CDC2-B|0|890|140|0|2023-10-17|7.7|2|0||TOWN|1450
COR|Corbel Primary Academy|primary|West Midlands|yes|no|PFI lease|2016-09-01|CDC2-C|410|0|0|0|2024-05-14|6.1|1|0||TOWN|630
DRA|Drayford Primary Academy|primary|West Midlands|yes|no|PFI lease|2017-09-01|CDC2-C|395|0|0|0|2025-01-14|6.2|1|0||TOWN|630
ELD|Eldersfield Academy|all-through|West Midlands|yes|no|PFI lease|2018-09-01|CDC2-B|410|720|0|0|2024-09-24|7.2|2|0||TOWN|1600
FOX|Foxcombe Academy|secondary|West Midlands|no|no|125-year lease|2019-09-01|CDC2-F|0|780|0|0|2025-04-01|7.9|2+1|1||TOWN|1500
GRE|Greyfold Primary Academy|primary|West Midlands|no|no|125-year lease|2021-09-01|CDC2-G|330|0|0|0|2025-06-17|6.4|2|1||TOWN|630
"""  # noqa: E501

RESERVES_WORKS = """work_id|school_id|block_id|description|use|cost_gbp|cost_price_base|loss_avoided_gbp_per_year|priority|must_start_by|status
R01|FOX|FOX-1-A|Growth plan: science and dining for two more forms of entry|condition|260000|2026|34000|2||proposed
R02|GRE|GRE-1-A|Growth plan: hall and kitchen for a third form of entry|condition|190000|2026|25000|2||proposed
R03|FOX|FOX-1-A|LED lighting throughout|energy|92000|2026|14500|3||proposed
"""  # noqa: E501

# Staff, energy and other costs as shares of income, the same in every year; the year the surplus dips; nominal growth.
RESERVES_BUDGET = {"income_gbp_per_pupil": 7450, "growth": 0.035, "opening_share": 0.066,
                   "surplus_shares": (0.006, 0.003, -0.004, 0.002, 0.006), "staff_share": 0.775, "energy_share": 0.024}

RESERVES_PROSPECTS = """prospect_id|name|phase|region|route|intensive|approach_from|approach_by|pupils|gifa_m2|backlog_gbp|income_gbp|surplus_gbp|reserves_gbp|grants_gbp|pfi|raac|land_issue
HAR|Harbourne Cross Academy|secondary|West Midlands|transfer|no|2026-10-01|2027-06-30|1050|8300|900000|7900000|30000|520000|140000|no|no|no
IDE|Ideford Primary School|primary|West Midlands|converter|no|2027-01-01|2027-12-31|420|2550|380000|2700000|15000|180000|0|no|no|
KNO|Knollend Academy|secondary|West Midlands|transfer|no|2027-10-01|2028-09-30|1180|9100|650000|8900000|20000|410000|95000|yes|no|no
LIN|Lindsell Primary School|primary|West Midlands|converter|no|2028-01-01|2029-03-31|610|3700|520000|3900000|25000|300000|0|no||
MAR|Marchbank Academy|secondary|West Midlands|sponsored|yes|2028-09-01|2030-08-31|870|7400|1500000|6500000|-60000|-110000|0|no||
"""  # noqa: E501

GROWTH = """
ALD|Alderbrook Primary School|primary|East Midlands|no|no|125-year lease|2018-09-01|CDC2-E|310|0|0|0|2025-10-07|6.0|1|0||VALE|315
BIR|Birchcombe Primary School|primary|East Midlands|no|no|125-year lease|2018-09-01|CDC2-G|205|0|0|0|2025-10-14|6.3|1|0||VALE|210
CED|Cedarfold Junior School|primary|East Midlands|no|no|125-year lease|2018-09-01|CDC2-F|285|0|0|0|2025-11-04|6.0|1|0||VALE|300
DAL|Dalestone Secondary School|secondary|East Midlands|no|no|125-year lease|2018-09-01|CDC2-G|0|850|0|0|2025-11-18|8.2|2+1+1|1|2030-08-31|VALE|950
"""  # noqa: E501

GROWTH_REGION = "East Midlands"
GROWTH_PROSPECTS = """prospect_id|name|phase|route|intensive|approach_from|approach_by|pupils|gifa_m2|backlog_gbp|income_gbp|surplus_gbp|reserves_gbp|grants_gbp|pfi|raac|land_issue
ELM|Elmhollow Primary School|primary|converter|no|2026-10-01|2027-03-31|210|1300|310000|1250000|12000|95000|0|no|no|no
FER|Fernwick Primary School|primary|converter|no|2027-01-01|2027-12-31|420|2200|480000|2350000|20000|160000|45000|no||
GOR|Gorsemoor Academy|secondary|sponsored|yes|2027-09-01|2028-08-31|720|6900|1650000|4900000|-90000|-140000|0|no||
HAZ|Hazelthorpe Primary School|primary|transfer|yes|2028-01-01|2029-03-31|180|1150|290000|1090000|-15000|20000|0|no|no|no
IVY|Ivybank School|special|converter|no|2028-09-01|2029-08-31|120|2400|520000|3100000|35000|240000|60000|no||no
JUN|Juniper Vale Primary School|primary|converter|no|2029-01-01|2030-08-31|400|2150||2240000|10000|110000|0|yes|no|
KES|Kestrelford Secondary School|secondary|converter|no|2029-09-01|2031-08-31|980|8600|1400000|6600000|40000|420000|0|no||
LAR|Larchmere Primary School|primary|sponsored|yes|2030-09-01|2032-08-31|230|1420|450000|1400000|-35000|-60000|0|no||
"""  # noqa: E501

GROWTH_WORKS = """work_id|school_id|block_id|description|use|cost_gbp|cost_price_base|loss_avoided_gbp_per_year|priority|must_start_by|status
G01|CED|CED-1-A|Canopy and sensory garden for the youngest children|condition|24000|2026|2600|3||proposed
G02|DAL|DAL-1-A|Safeguarding: one way in, with a lobby|condition|46000|2026|6500|2|2027|proposed
"""  # noqa: E501

GROWTH_BIDS = """bid_id|route|round_year|school_id|block_id|element|kind|ask_gbp|match_gbp|bid_cost_gbp|survey_dated
CIF-DAL-ROOF|CIF|2027|DAL|DAL-1-A|Roofs|condition|240000|24000|6000|2025-11-18
CIF-BIR-HEAT|CIF|2027|BIR|BIR-1-A|Mechanical services|condition|95000|8000|4500|2025-10-14
"""

SHARED = """
ABB|Abbotsmead Primary School|primary|South East|no|no|125-year lease|2013-09-01|CDC2-F|412|0|0|0|2025-04-08|6.1|1|0||COAST|420
BAY|Bayham Lane Primary School|primary|South East|no|no|125-year lease|2014-09-01|CDC2-G|398|0|0|0|2025-04-15|6.2|1|0||COAST|420
COO|Coombe Hollow Primary School|primary|South East|no|no|125-year lease|2014-09-01|CDC2-E|205|0|0|0|2025-04-22|6.6|1|0||COAST|210
DEN|Denewood Primary School|primary|South East|no|no|125-year lease|2015-09-01|CDC2-F|418|0|0|0|2025-05-06|6.0|1|0||COAST|420
FEL|Feltwick Primary School|primary|South East|no|no|125-year lease|2016-09-01|CDC2-G|310|0|0|0|2025-05-13|6.3|1|0||COAST|315
GOS|Gosling Green Primary School|primary|South East|no|no|125-year lease|2017-09-01|CDC2-F|402|0|0|0|2025-05-20|6.1|1|0||COAST|420
HOL|Holmsted Primary School|primary|South East|no|no|125-year lease|2018-09-01|CDC2-E|208|0|0|0|2025-06-03|6.5|1|0||COAST|210
LAN|Langridge School|secondary|South East|no|no|125-year lease|2019-09-01|CDC2-G|0|880|0|0|2025-06-10|7.8|3|1||COAST|950
"""  # noqa: E501

SHARED_WORKS = """work_id|school_id|block_id|description|use|cost_gbp|cost_price_base|loss_avoided_gbp_per_year|priority|must_start_by|status
T01|LAN|LAN-1-A|One building management system for all schools, first part|energy|52000|2026|9500|3||proposed
"""  # noqa: E501

# Grants in hand by round; the money of bids still to come stands in bids.csv or with other trusts, not here.
SITE_STRATEGY_CIF = """grant_id|route|grant_year|eligible|school_id|amount_gbp|status|spend_by
CIF-2026-BRO|CIF|2026|condition|BRO|780000|awarded|
CIF-2026-ASH|CIF|2026|condition|ASH|640000|awarded|
CIF-2027-CHE|CIF|2027|condition|CHE|520000|expected|
"""

GROWTH_CIF = """grant_id|route|grant_year|eligible|school_id|amount_gbp|status|spend_by
CIF-2026-DAL|CIF|2026|condition|DAL|410000|awarded|
CIF-2027-ALD|CIF|2027|condition|ALD|260000|expected|
CIF-2028-CED|CIF|2028|condition|CED|180000|expected|
GBE-2027|GB Energy solar|2027|energy||60000|awarded|2029-03-31
"""

SITE_STRATEGY_SUITABILITY = """school_id|block_id|criterion|score|assessed|note
ASH|ASH-1-A|learning conditions|3|2025-02-11|Laboratories too small for thirty, poor extract
ASH|ASH-2-A|learning conditions|2|2025-02-11|
ASH||location|3|2025-02-11|Pupils walk between the two sites four times a day
BRO|BRO-1-B|learning conditions|3|2025-03-05|Rooms overheat, and traffic noise stops lessons
BRO|BRO-2-A|learning conditions|2|2025-03-05|
CHE|CHE-1-A|learning conditions|4|2024-10-02|Echo in ten classrooms prevents teaching in groups
CHE|CHE-1-B|access|3|2024-10-02|No step-free way in
CHE||sufficiency|1|2024-10-02|More places than pupils
DAM|DAM-1-A|learning conditions|1|2025-05-13|
"""
