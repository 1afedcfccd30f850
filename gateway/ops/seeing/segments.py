"""What segments and their elements are called here, in words of our own, and what form each value has.

A segment is a line ``TAG name | element | element ...``; an element is its label and its form in brackets:

    [=table]   a code of that table (`codes`); [=] a short code that has no table
    [=table*]  the same, and it names the segment (a qualifier); [=table<] the same, of no interest to a reader;
               [=table>] the same, read together with what follows it
    [$] [#]    money; a number       [@] [time]  a day (or days); a time of day
    [.]        an open code or number that is nobody's name: a procedure, a control number, an NPI
    [!]        private: who a person is, or text that may say so. Where no form is given, this one holds.
    [?] [id] [ref] [payer ref] [day] [trace]   private or not by what the segment speaks of (`privacy`)

Components stand in braces, parted by `` / ``. A label after ``~`` is for tables only: in a line the value speaks for
itself. An element that is not here is private.
"""

import re
from dataclasses import dataclass
from functools import cache

_PROCEDURE = (
    "kind [=procedure_type<] / ~procedure [.] / modifier [=] / modifier [=] / modifier [=] / modifier [=] / "
    "description / last procedure [.]"
)
_TRIPLETS = " | ".join(["reason [=] | amount [$] | quantity [#]"] * 6)
_DIAGNOSES = " | ".join(
    [
        (
            "~code {~what [=code_list>] / ~code [.] / format [=date_format<] / ~date [@] / amount [$] / quantity [#] / "
            "version [.] / to / present on admission [=]}"
        )
    ]
    * 12
)
_ADJUSTMENTS = " | ".join(["~adjustment {~reason [=plb] / reference} | amount [$]"] * 6)
_NUMBERS = " | ".join(["~kind [=contact>] | ~number"] * 3)
_STATUS = "status {~category [=status] / code [.] / about [=entity] / list [=]}"
_FLAGS = " | ".join(["error [=segment_error]"] * 5)
_CODES = " | ".join(["code [=]"] * 10)

_LINES = f"""
ISA interchange | authorisation [=no<] | | security [=no<] | | sender id is a [=isa_id<] | from [party] | receiver id is a [=isa_id<] | to [party] | day [@] | time [time] | repetition [sign<] | version [.] | control number [.] | answer wanted [=] | usage [=usage] | component separator [sign<]
IEA end of interchange | groups [#] | control number [.]
GS group | ~what [=group] | from [party] | to [party] | day [@] | time [time] | control number [.] | standard [=] | guide [.]
GE end of group | sets [#] | control number [.]
ST transaction set | ~what [=set] | control number [.] | guide [.]
SE end of transaction set | segments [#] | control number [.]
TA1 interchange acknowledgement | control number [.] | day [@] | time [time] | verdict [=ta1] | note [=ta1_note]
BHT beginning | structure [=structure] | purpose [=purpose] | reference [.] | day [@] | time [time] | ~what [=bht06]
BGN beginning | purpose [=purpose] | reference [.] | day [@] | time [time] | zone [=] | original reference [.] | | action [=]
HL level | number [#] | below level [#] | ~of [=hl] | below it [=more<]
NM1 name | who [=entity*] | ~person or organisation [=entity_type] | name [?] | first name | middle name | prefix | suffix | ~kind of id [=id_type>] | ~id [id] | relation [=] | entity [=entity] | further name
N1 name | who [=entity*] | name [?] | ~kind of id [=id_type>] | ~id [id]
N2 further name | name | name
N3 street | line 1 | line 2
N4 city | city | state [=] | ZIP | country [=] | location is a [=] | location | part of country [=]
PER contact | for [=contact_role] | name | {_NUMBERS}
REF reference | what [=ref*] | ~number [ref] | description | also {{~what [=ref>] / ~number [payer ref] / ~what [=ref>] / ~number / ~what [=ref>] / ~number}}
PRV provider | role [=role*] | code is a [=provider_code<] | ~taxonomy or number [.] | state [=]
CUR currency | of [=entity] | currency [=currency] | rate [#]
SBR insurance | payer is [=payer_order] | patient is [=relationship] | group number | group name | Medicare second because [=insurance] | coordination [=] | | employment [=] | kind of insurance [=filing]
PAT patient | relation to the insured [=relationship] | place [=] | employment [=] | student [=] | format [=date_format<] | died | unit [=unit] | weight | pregnant [=yes]
DMG demography | format [=date_format<] | born | sex | marital status | race | citizenship
CLM claim | patient control number | charge [$] | filing [=filing] | non-institutional [=] | place {{~place or type of bill [place] / is a [=facility<] / frequency [=frequency]}} | provider signature [=yes] | assignment [=assignment] | benefits assigned [=yes] | release of information [=release] | patient signature [=signature] | related cause {{~cause [=cause] / ~cause [=cause] / ~cause [=cause] / state [=] / country [=]}} | special program [=program] | | | | | | | predetermination [=] | delay reason [=delay]
DTP date | what [=date*] | format [=date_format<] | ~day [day]
DTM date | what [=date*] | ~day [day] | time [time] | zone [=] | format [=date_format<] | period [day]
CL1 admission | type [=] | source [=] | discharge status [=]
DN1 orthodontics | months in all [#] | months left [#] | yes [=yes] | text
DN2 tooth | tooth [.] | state [=tooth_state] | | | | list [=tooth]
PWK document | type [=] | comes [=delivery] | copies [#] | whose [=entity] | ~kind of number [=>] | number
CN1 contract | type [=contract] | amount [$] | percent [#] | code | discount percent [#] | version
AMT amount | what [=amount*] | ~amount [$] | sign [=debit]
QTY quantity | what [=quantity*] | ~quantity [#] | unit {{~unit [=unit]}}
K3 fixed-format data | text
NTE note | kind [=note*] | ~text
MSG message | text
III information | list [=] | code [.] | category [=] | text
CR1 ambulance | unit [=unit] | weight | | reason [=transport] | unit [=unit<] | miles [#] | | | why round trip | why stretcher
CR2 spinal manipulation | number [#] | count [#] | from [=] | to [=] | unit [=unit] | months [#] | quantity [#] | condition [=] | complication [=yes] | description | description | x-rays [=yes]
CR3 equipment certificate | type [=certification] | unit [=unit<] | months [#]
CR5 oxygen | type [=certification] | months [#]
CR6 home health | prognosis [=] | from [@] | format [=date_format<] | period [@]
CRC conditions | of [=condition*] | applies [=yes] | {_CODES}
HI codes | {_DIAGNOSES}
HCP repricing | method [=pricing] | allowed [$] | savings [$] | organisation [.] | rate [#] | group code [.] | group amount [$] | revenue code [.] | kind [=procedure_type<] | procedure [.] | unit [=unit] | quantity [#] | rejected because [=] | policy [=] | exception [=]
HSD delivery of services | what [=] | quantity [#] | unit [=unit] | every [#] | period [=period] | periods [#] | pattern [=] | time [=]
LX number | ~number [#]
SV1 professional service | service {{{_PROCEDURE}}} | charge [$] | in [=unit] | quantity [#] | place [=place] | | diagnoses {{~pointer [#] / ~pointer [#] / ~pointer [#] / ~pointer [#]}} | | emergency [=yes] | | EPSDT [=yes] | family planning [=yes] | | | copay exempt [=]
SV2 institutional service | revenue code [.] | service {{{_PROCEDURE}}} | charge [$] | in [=unit] | quantity [#] | rate [$] | not covered [$]
SV3 dental service | service {{{_PROCEDURE}}} | charge [$] | place [=place] | area {{~area [=] / ~area [=] / ~area [=] / ~area [=] / ~area [=]}} | prosthesis [=prosthesis] | count [#] | | | | | diagnoses {{~pointer [#] / ~pointer [#] / ~pointer [#] / ~pointer [#]}}
SV5 equipment | service {{kind [=procedure_type<] / procedure [.]}} | in [=unit] | days [#] | rental price [$] | purchase price [$] | rental every [=]
TOO tooth | list [=tooth<] | tooth [.] | surfaces {{~surface [=] / ~surface [=] / ~surface [=] / ~surface [=] / ~surface [=]}}
PS1 purchased service | from [.] | charge [$] | state [=]
MEA measurement | kind [=] | test [=] | value [#]
LIN drug | | ~kind of code [=drug_id>] | ~code [.]
CTP quantity | | | price [$] | quantity [#] | in {{~unit [=unit]}}
OI other insurance | | | benefits assigned [=yes] | patient signature [=signature] | | release of information [=release]
MIA inpatient payment | covered days [#] | operating outlier [$] | psychiatric days [#] | by DRG [$] | remark [.] | disproportionate share [$] | passed through, Medicare second [$] | capital [$] | capital, federal [$] | capital, hospital [$] | capital, disproportionate share [$] | old capital [$] | capital, teaching [$] | operating, hospital [$] | cost report days [#] | operating, federal [$] | capital outlier [$] | indirect teaching [$] | professional part, not payable [$] | remark [.] | remark [.] | remark [.] | remark [.] | capital exception [$]
MOA outpatient payment | rate [#] | payable [$] | remark [.] | remark [.] | remark [.] | remark [.] | remark [.] | kidney disease payment [$] | professional part, not payable [$]
CAS adjustments | group [=adjustment_group*] | {_TRIPLETS}
SVD decision of the payer | payer [.] | paid [$] | service {{{_PROCEDURE}}} | revenue code [.] | quantity [#] | bundled into line [#]
LQ code | list [=form*] | ~code [.]
FRM answer | question [.] | yes or no [=yes] | text | day | percent [#]
BPR payment | ~advice [=handling] | amount [$] | direction [=debit] | method [=method] | format [=payment_format] | bank number is a [=bank<] | payer's bank | account is a [=account<] | payer's account | originator | code | bank number is a [=bank<] | payee's bank | account is a [=account<] | payee's account | day [@]
TRN trace | of [=trace] | number [trace] | originator [.] | further [trace]
RDM delivery of the advice | by [=] | name | number
TS3 provider summary | provider [.] | facility [=] | year end [@] | claims [#] | charges [$] | covered [$] | not covered [$] | denied [$] | paid [$] | interest [$] | contractual [$] | cut by law [$] | paid before Medicare [$] | blood deductible [$] | charges without laboratory [$] | coinsurance [$] | charges by HCPCS [$] | payable by HCPCS [$] | deductible [$] | professional part [$] | patient owes, Medicare second [$] | reimbursed to patients [$] | interim payment claims [#] | interim payment adjustment [$]
TS2 provider summary, inpatient | by DRG [$] | federal [$] | hospital [$] | disproportionate share [$] | capital [$] | indirect teaching [$] | outlier days [#] | day outlier [$] | cost outlier [$] | average stay [#] | discharges [#] | cost report days [#] | covered days [#] | days not covered [#] | passed through, Medicare second [$] | average DRG weight [#] | capital, federal [$] | capital, hospital [$] | capital, disproportionate share [$]
CLP claim payment | patient control number | status [=claim_status] | charge [$] | paid [$] | patient owes [$] | kind of insurance [=filing] | payer's claim number | place [place] | frequency [=frequency] | | diagnosis group [.] | weight [#] | percent [#]
SVC service payment | service {{{_PROCEDURE}}} | charge [$] | paid [$] | revenue code [.] | units paid [#] | billed as {{{_PROCEDURE}}} | units billed [#]
PLB provider adjustment | provider [.] | year end [@] | {_ADJUSTMENTS}
AK1 answer to group | ~what [=group] | control number [.] | guide [.]
AK2 answer to set | ~what [=set] | control number [.] | guide [.]
IK3 faulty segment | segment [tag] | at position [#] | loop [.] | fault [=segment_error]
AK3 faulty segment | segment [tag] | at position [#] | loop [.] | fault [=segment_error]
IK4 faulty element | place {{element [#] / component [#] / repetition [#]}} | element number [.] | fault [=element_error] | what was sent
AK4 faulty element | place {{element [#] / component [#] / repetition [#]}} | element number [.] | fault [=element_error] | what was sent
CTX context | about {{what [context] / value}} | segment [tag] | at position [#] | loop [.] | place {{element [#] / component [#] / repetition [#]}} | element number {{number [.] / number [.]}}
IK5 verdict on set | ~verdict [=ak_set] | {_FLAGS.replace("segment_error", "set_error")}
AK5 verdict on set | ~verdict [=ak_set] | {_FLAGS.replace("segment_error", "set_error")}
AK9 verdict on group | ~verdict [=ak_group] | sets counted [#] | sets received [#] | sets accepted [#] | error [=] | error [=] | error [=] | error [=] | error [=]
STC status | {_STATUS} | day [@] | action [=action] | charge [$] | paid [$] | decided [@] | method [=method] | check day [@] | check number | {_STATUS} | {_STATUS} | text
INS member | is the subscriber [=yes] | relation [=relationship] | maintenance [=maintenance] | reason [=] | status [=] | Medicare {{plan [=] / reason [=]}} | COBRA [=] | employment [=] | student [=yes] | handicapped [=yes] | format [=date_format<] | died
HD coverage | maintenance [=maintenance] | reason [=] | kind [=benefit_kind] | plan | level [=coverage]
COB other coverage | payer is [=payer_order] | number | code [=]
IDC identification card | plan | type [=] | quantity [#] | action [=]
LUI language | list [=] | language [=] | text | use [=]
EC employment class | class [=] | class [=] | class [=]
ICM income | every [=] | wage | hours | location | grade | currency [=]
HLH health | state | height | weight
DSB disability | type [=] | quantity [#] | occupation
ACT account | number
EB benefit | ~what [=benefit] | level [=coverage] | service types [=] | kind [=insurance] | plan | period [=period] | amount [$] | percent [#] | of [=quantity] | quantity [#] | authorisation needed [=yes] | in network [=yes] | service {{{_PROCEDURE}}}
EQ inquiry | service types [=] | service {{{_PROCEDURE}}} | level [=coverage]
AAA refused | valid [=yes] | agency [=] | reason [=] | next [=follow_up]
UM services review | kind [=request] | certification [=certification] | service [=] | place {{~place or type of bill [place] / is a [=facility<] / frequency [=frequency]}} | related cause {{~cause [=cause] / ~cause [=cause] / ~cause [=cause] / state [=] / country [=]}}
HCR decision | decision [=decision] | number | reason [=]
ENT entity | number [#] | who [=entity] | ~kind of id [=id_type>] | ~id
RMR remittance for | what [=ref*] | number | action [=] | paid [$] | billed [$] | discount [$]
ADX adjustment | amount [$] | reason [=] | what [=ref] | number
IT1 item | number [#] | quantity [#] | in [=unit] | price [$]
SLN sub-item | number [#] | | level [=] | quantity [#]
DED deduction | what [=] | number | day [@] | amount [$]
LS loop begins | loop [.]
LE loop ends | loop [.]
TDS total | amount [#]
CTT totals | lines [#] | total [#]
"""

_ELEMENT = re.compile(r"(?P<label>[^\[{]*?)\s*(?:\[(?P<form>[^\]]+)\]|\{(?P<parts>.*)\})?\s*\Z")


@dataclass(frozen=True, slots=True)
class Word:
    """What an element or component is called, and its form; *parts* are a composite's components."""

    label: str
    form: str = "!"
    parts: tuple["Word", ...] = ()
    bare: bool = False

    @property
    def table(self) -> str | None:
        """Return the table of codes; empty for a code that has none, None for what is no code."""
        return self.shape[1:] if self.form.startswith("=") else None

    @property
    def leads(self) -> bool:
        """Tell whether the code names its segment."""
        return self.form.endswith("*")

    @property
    def quiet(self) -> bool:
        """Tell whether the value is of no interest beside the others."""
        return self.form.endswith("<")

    @property
    def shape(self) -> str:
        """Return the form without its marks."""
        return self.form.rstrip("*<>")

    @property
    def glued(self) -> bool:
        """Tell whether the value is read together with the one that follows."""
        return self.form.endswith(">")


@dataclass(frozen=True, slots=True)
class SegmentWords:
    """What a segment is called, and its elements in order."""

    name: str
    elements: tuple[Word, ...]


@cache
def words_of(tag: str) -> SegmentWords | None:
    """Return what is known of segment *tag*; None where nothing is."""
    return _all().get(tag)


@cache
def _all() -> dict[str, SegmentWords]:
    found = {}
    for line in filter(None, _LINES.split("\n")):
        head, *elements = (part.strip() for part in line.split("|"))
        tag, _, name = head.partition(" ")
        found[tag] = SegmentWords(name, tuple(map(_word, elements)))
    return found


def _word(text: str) -> Word:
    match = _ELEMENT.match(text)
    assert match is not None, text  # noqa: S101 - the table stands above
    label = match["label"].strip()
    parts = tuple(_word(part) for part in match["parts"].split(" / ")) if match["parts"] else ()
    return Word(label.removeprefix("~"), match["form"] or "!", parts, label.startswith("~"))
