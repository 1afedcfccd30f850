"""What the codes in X12 elements mean, in words of our own: one table a kind of code.

Only what a reader of claims, answers and remittances meets, and only short labels: no sentence of a guide, no procedure
code, no adjustment reason or claim status text (NOTICE). Codes that are not here are shown bare.
"""

from collections.abc import Mapping

from gateway.responses import words


def _table(text: str) -> dict[str, str]:
    """Read ``CODE meaning; CODE meaning``; several codes of one meaning are joined by ``|``."""
    found = {}
    for entry in text.split(";"):
        codes, *meaning = entry.split() or [""]
        if codes:
            found.update(dict.fromkeys(codes.split("|"), " ".join(meaning)))
    return found


ENTITY = _table("""
    03 dependent; 13 contracted provider; 1I preferred provider organisation; 1P provider; 2B third-party administrator;
    31 postal address; 36 employer; 40 receiver; 41 submitter; 45 drop-off location; 70 prior incorrect insured;
    71 attending provider; 72 operating physician; 73 other physician; 74 corrected insured; 77 service facility;
    80 hospital; 82 rendering provider; 85 billing provider; 87 pay-to address; AY clearinghouse; DD assistant surgeon;
    DK ordering provider; DN referring provider; DQ supervising provider; E1 person legally responsible; EXS former spouse;
    FA facility; GB other insured; GP gateway provider; GW group; HK subscriber; I3 independent physicians association;
    IL insured person; IN insurer; LI independent laboratory; LR legal representative; NZ primary surgeon; P3 primary care
    provider; P4 prior insurer; P5 plan sponsor; PE payee; PR payer; PRP primary payer; PTP|TTP other payer; PW pick-up location;
    QB purchased service provider; QC patient; QD responsible party; QE policyholder; S1 parent; S3 step-parent; S4 guardian;
    SEP secondary payer; SJ service provider; TT payer the claim was passed on to; TU third-party repricer; TV
    administrator; VN vendor; X3 utilisation management; XV health plan; ZZ other operating physician; BO broker;
    LX loop agent; M8 school; GM spouse insured
""")

TABLES: Mapping[str, Mapping[str, str]] = {
    "entity": ENTITY,
    "entity_type": _table("1 person; 2 organisation"),
    "id_type": _table("""
        1 D-U-N-S number; 20 health industry number; 24 employer's tax id; 34 social security number; 46 transmitter
        number; 94 code of the receiver; C corrected member id; EI employer's tax id; EQ HMO's code; FI tax id; HN health
        insurance claim number; II standard patient id; MI member id; N Medicaid id of the insured; NI NAIC code; PI payer id;
        PP pharmacy number; SV provider number; SY social security number; UP unique provider number; XV health plan id;
        XX NPI; ZZ as agreed; AD Blue plan code; BD Blue Cross provider number; BS Blue Shield provider number; MC
        Medicaid provider number; MR Medicaid id; PC commercial provider number; SL state licence
    """),
    "isa_id": _table("""
        01 D-U-N-S; 14 D-U-N-S with suffix; 20 HIN; 27 Medicare carrier; 28 Medicare intermediary; 29 Medicare provider;
        30 tax id; 33 NAIC; ZZ as agreed
    """),
    "no": _table("00 none"),
    "provider_code": _table("PXC taxonomy; ZZ taxonomy"),
    "usage": _table("T test; P production; I information"),
    "yes": _table("Y yes; N no; W not applicable; U unknown"),
    "set": _table("""
        270 eligibility inquiry; 271 eligibility answer; 275 attachment; 276 claim status inquiry; 277 claim status or
        acknowledgement; 278 authorisation request or answer; 820 premium payment; 834 enrolment; 835 remittance; 837 claims;
        997 functional acknowledgement; 999 implementation acknowledgement; 824 application advice
    """),
    "group": _table("""
        HC claims; HP remittances; FA acknowledgements; HN claim status; HR claim status inquiries; HS eligibility inquiries;
        HB eligibility answers; HI authorisations; BE enrolments; RA payments; AG application advice
    """),
    "purpose": _table("""
        00 original; 01 cancellation; 02 addition; 04 change; 05 replacement; 06 confirmation; 08 status; 11 response;
        13 request; 15 resubmission; 18 reissue; 22 information copy; 36 authority to deduct
    """),
    "bht06": _table(
        "CH claims to be paid; RP encounters to be reported; 31 recovery demand; TH acknowledgement of receipt; DG response; NO notice"
    ),
    "structure": _table(
        "0019 source, subscriber, dependent; 0022 source, receiver, subscriber, dependent; 0085 acknowledgement of claims; 0010 source, receiver, provider, subscriber, dependent"
    ),
    "hl": _table("""
        19 provider of service; 20 source of information; 21 receiver of information; 22 subscriber; 23 dependent; PT patient;
        EV event; SS service
    """),
    "more": _table("0 nothing below; 1 levels below"),
    "role": _table("""
        AD admitting; AS assistant surgeon; AT attending; BI billing; BS billing service; CO consulting; H hospital; OP
        operating; OR ordering; OT other physician; PC primary care; PE performing; PT pay-to; RF referring; RP reporting; HH home health; SK skilled
        nursing facility
    """),
    "ref": _table("""
        0B state licence; 0F subscriber number; 0K policy form; 18 plan number; F6 health insurance claim number; 1A Blue Cross provider number; 1B Blue Shield provider number; 1C
        Medicare provider number; 1D Medicaid provider number; 1E dentist licence; 1G UPIN; 1H CHAMPUS number; 1J facility id or
        care plan oversight; 1K payer's claim number; 1L group or policy number; 1S ambulatory patient group; 1W member id; 23
        client number; 28 employee number; 2F consolidated invoice; 2U payer id; 38 master policy; 3H case number; 4N why no
        authorisation was asked; 60 account suffix; 6O cross reference; 6P group number; 6R line control number; 72 schedule
        reference; 87 guide version; 9A repriced claim number; 9B repriced line number; 9C adjusted repriced claim number;
        9D adjusted repriced line number; 9F referral number; A6 employee id; ABB personal id; APC ambulatory payment class; BB
        authorization number; BLT type of bill; BT vaccine batch; CE contract class; CT contract number; D3 pharmacy number;
        D8 loss report; D9 claim number of a go-between; DX department; E9 attachment code; EA medical record number;
        EI employer's tax id; EJ patient account number; EL electronic device pin; EO submitter number; EV receiver id; EW mammography
        certification; F2 version of the payer's system; F4 referring laboratory's CLIA number; F5 Medicare crossover; F8
        payer's claim number; FJ line control number; FY claim office; G1 prior authorization; G2 payer's number for the
        provider; G3 predetermination number; G4 peer review number; G5 provider site; HI health industry number; HPI
        NPI; IG insurance policy; JD user id; LU location; LX investigational device; N5 plan network; N6 plan network id; N7
        facility network; NF NAIC code; NQ Medicaid recipient; OB ombudsman; P4 demonstration project; PQ payee number; Q4 former
        id; QQ unit number; RB rate code; SY social security number; T4 adjustment indicator; TJ tax id; U3 supporting document;
        VP vendor; VY link of a compound; X4 CLIA number; X5 accident number; XZ prescription number; Y4 property
        and casualty claim number; ZH carrier's reference; ZZ as agreed
    """),
    "date": _table("""
        007 effective; 009 processed; 011 shipped; 036 coverage ends; 050 received; 090 care handed over; 091 care taken over;
        096 discharge; 102 issue; 139 estimated; 150 service from; 151 service to; 152 effective change; 193 period from;
        194 period to; 196 start; 198 completion; 232 statement from; 233 statement to; 286 retirement; 290 benefits
        coordinated; 291 plan; 292 benefit; 295 primary care provider; 296 return to work; 297 last worked; 300 enrolment
        signed; 303 maintenance effective; 304 last seen; 307 eligibility; 314 disability; 318 added; 336 employment
        began; 337 employment ended; 343 premium paid to; 346 plan begins; 347 plan ends; 348 benefit begins; 349 benefit ends; 356
        eligible from; 357 eligible to; 360 disability from; 361 disability to; 382 enrolment; 383 enrolment
        ended; 385 date of change; 405 production; 431 onset; 434 statement; 435 admission; 439 accident; 441 prior placement; 442 date of death;
        444 first contact; 446 replacement; 452 appliance placed; 453 acute manifestation; 454 initial treatment; 455 last x-ray;
        461 last certification; 463 therapy began; 471 prescription; 472 service; 473 Medicaid from; 474 Medicaid to; 484 last menstrual
        period; 543 last premium paid; 573 payer decided; 582 report period; 607 recertification; 636 last update; 695
        previous period; 738 hemoglobin test; 739 creatinine test; 881 care needed until; AAH event; ABC delivery
    """),
    "date_format": _table(
        "D8 day; RD8 span of days; DT day and time; TM time; D6 day; RDT span of days and times; CM month; CY year"
    ),
    "payer_order": _table("""
        P primary; S secondary; T tertiary; A fourth; B fifth; C sixth; D seventh; E eighth; F ninth; G tenth; H eleventh; U
        unknown
    """),
    "relationship": _table("""
        01 spouse; 03 father or mother; 04 grandparent; 05 grandchild; 07 nephew or niece; 10 foster child; 15 ward; 17 stepchild; 18 self; 19
        child; 20 employee; 21 unknown; 22 handicapped dependent; 23 sponsored dependent; 24 dependent of a minor
        dependent; 29 significant other; 32 mother; 33 father; 36 emancipated minor; 39 organ donor; 40 cadaver donor; 41 injured plaintiff; 43
        child where the insured is not responsible; 53 life partner; 76 dependent; G8 other
    """),
    "insurance": _table("""
        12 Medicare second, working aged; 13 Medicare second, kidney disease; 14 Medicare second, no-fault; 15 Medicare second,
        workers' compensation; 16 Medicare second, federal agency; 41 Medicare second, black lung; 42 Medicare
        second, veterans; 43 Medicare second, disabled; 47 Medicare second, other liability
    """),
    "filing": _table("""
        09 self-pay; 11 other non-federal; 12 preferred provider organisation; 13 point of service; 14 exclusive provider
        organisation; 15 indemnity; 16 Medicare HMO; 17 dental HMO; AM automobile; BL Blue Cross Blue Shield; CH Tricare;
        CI commercial; DS disability; FI federal employees; HM HMO; LM liability; MA Medicare Part A; MB Medicare Part B; MC
        Medicaid; OF other federal; TV Title V; VA veterans; WC workers' compensation; ZZ as agreed
    """),
    "sex": _table("F female; M male; U unknown"),
    "place": _table("""
        01 pharmacy; 02 telehealth, not at home; 03 school; 04 homeless shelter; 09 prison; 10 telehealth at home; 11 office; 12 home; 13
        assisted living; 14 group home; 15 mobile unit; 16 temporary lodging; 17 retail clinic; 18 worksite; 19 off-campus
        outpatient hospital; 20 urgent care; 21 inpatient hospital; 22 on-campus outpatient hospital; 23 emergency room; 24
        ambulatory surgery; 25 birthing center; 26 military facility; 27 outreach on the street; 31 skilled nursing; 32
        nursing facility; 33 custodial care; 34 hospice; 41 ambulance by land; 42 ambulance by air or water; 49 independent clinic; 50
        federally qualified health center; 51 inpatient psychiatric; 52 psychiatric day hospital; 53 community mental health; 54
        intermediate care; 55 residential substance treatment; 56 psychiatric residential treatment; 57 non-residential substance
        treatment; 58 opioid treatment; 60 mass immunisation; 61 inpatient rehabilitation; 62 outpatient rehabilitation; 65
        kidney disease treatment; 66 all-inclusive care for the elderly; 71 public health clinic; 72 rural health clinic; 81 laboratory; 99 other
    """),
    "facility": _table("A type of bill; B place of service"),
    "frequency": _table(
        "1 original; 2 interim, first; 3 interim, continuing; 4 interim, last; 5 late charges; 7 replacement; 8 void"
    ),
    "assignment": _table(
        "A assigned; B laboratory services only; C not assigned; P patient refuses to assign"
    ),
    "release": _table("Y signed release on file; I informed consent; N no release"),
    "signature": _table("P signed by the provider; B signed form; C signed form; M; S signed form"),
    "cause": _table("AA automobile accident; AB abuse; AP another party; EM employment; OA other accident"),
    "program": _table(
        "01 EPSDT; 02 handicapped children; 03 special federal funding; 05 disability; 07 abortion, danger to life; 09 second opinion"
    ),
    "delay": _table("""
        1 eligibility unknown; 2 litigation; 3 authorisation delayed; 4 provider certified late; 5 billing forms late; 6 custom
        equipment late; 7 third party late; 8 eligibility determined late; 9 first claim rejected; 10 administrative delay; 11 other;
        15 natural disaster
    """),
    "code_list": _table("""
        ABK principal diagnosis, ICD-10; ABF diagnosis, ICD-10; BK principal diagnosis, ICD-9; BF diagnosis, ICD-9; ABJ admitting
        diagnosis, ICD-10; BJ admitting diagnosis, ICD-9; APR reason for the visit, ICD-10; PR reason for the visit, ICD-9; ABN external
        cause, ICD-10; BN external cause, ICD-9; BBR principal procedure, ICD-10; BR principal procedure, ICD-9; BBQ
        other procedure, ICD-10; BQ other procedure, ICD-9; BP anesthesia: principal surgery; BO anesthesia: other
        surgery; BG condition; BH occurrence; BI occurrence span; BE value; DR diagnosis group; TC treatment; CAH billing
        concept; LOI laboratory test
    """),
    "procedure_type": _table("""
        HC CPT or HCPCS; HP rate code of a setting; AD dental; ER jurisdiction's own; IV home infusion; WK complementary care; N4 drug code; ND
        drug code; NU revenue code; RB revenue code; ID ICD-9 procedure; ZZ as agreed; CJ CPT; DR diagnosis group;
        N6 health-related item code; UI universal product code
    """),
    "unit": _table(
        "UN units; MJ minutes; DA days; F2 international units; GR grams; ME milligrams; ML milliliters; DH miles; LB pounds; MO months; VS visits; WK weeks; IN inches; CM centimeters"
    ),
    "drug_id": _table("N4 national drug code; EN EAN; EO EAN; HI HIBC; ON customer order; UK UPC; UP UPC"),
    "adjustment_group": _table(
        "CO contractual adjustment; CR correction; OA other adjustment; PI adjustment by the payer; PR patient's share"
    ),
    "plb": _table("""
        50 late charge; 51 interest penalty; 72 refund by the provider; 90 early payment; AH origination fee; AM
        applied to the borrower; AP advance of benefits; B2 rebate; B3 recovery allowance; BD bad debt; BN bonus; C5 temporary
        allowance; CR capitation interest; CS adjustment; CT capitation; CV capital; CW graduate education; DM direct
        education; E3 withholding; FB forwarding balance; FC fund allocation; GO education; HM hemophilia; IP incentive; IR federal
        withholding; IS interim settlement; J1 not reimbursed; L3 penalty; L6 interest owed; LE levy; LS lump sum; OA organ
        acquisition; OB offset for a carrier; PI periodic interim payment; PL final settlement; RA retroactive; RE return on equity; SL student loan; TL
        third-party liability; WO overpayment recovered; WU unspecified recovery
    """),
    "claim_status": _table("""
        1 processed as primary; 2 processed as secondary; 3 processed as tertiary; 4 denied; 5 pended; 10 received; 13
        suspended; 19 processed as primary, passed on; 20 processed as secondary, passed on; 21 processed as tertiary, passed
        on; 22 reversal of an earlier payment; 23 not our claim, passed on; 25 predetermination, no payment
    """),
    "handling": _table("""
        C money and advice together; D money only; H notice only; I advice only, money apart; P notice before transfers; U money and advice
        apart; X whoever handles it may split
    """),
    "debit": _table("C credit; D debit"),
    "method": _table("ACH bank transfer; CHK check; FWT wire; BOP bank's choice; NON no payment"),
    "payment_format": _table("CCP CCD+; CTX CTX"),
    "currency": _table("USD; CAD; EUR; MXN"),
    "account": _table("DA checking; SG savings; ALC agency location"),
    "bank": _table("01 ABA routing number; 02 Swift id; 03 CHIPS; 04 Canadian bank"),
    "trace": _table("1 this transaction; 2 the transaction referred to; 3 payment"),
    "amount": _table("""
        A8 not covered; AAE approved; ABH average; AU coverage; B6 allowed; B9 coinsurance; BD balance; C1 copay; C4 paid before; C5 claim total; D paid by the
        payer; D2 deductible; D8 discount; DY daily limit; EAF patient still owes; EBA; F2 patient's share; F3 patient's estimated
        share; F4 postage; F5 patient paid; FK other unlisted; GT tax; I interest; KH late filing reduction; NL negative balance; P3 premium; T
        sales tax; T2 total before tax; T3 total; YU accepted charges; YY rejected charges; ZK|ZL|ZM|ZN|ZO Medicare or Medicaid category; R spend-down; B1
        benefit
    """),
    "quantity": _table("""
        90 accepted; AA rejected; CA covered; CD coinsured; DY days; FL units; LA lifetime reserve; LE lifetime estimate; NA not
        covered; NE not covered estimate; NR not replaced blood; OU outlier days; PS prescription; PT patients; QA accepted; QC
        rejected; VS visits; ZK|ZL|ZM|ZN|ZO Medicare or Medicaid category; TO total; ET employees; HC headcount; 99 quantity used; S7|S8 age; DB|P6 deductible blood
    """),
    "contact": _table("""
        AP alternate phone; BN beeper; CP mobile phone; ED access number; EM e-mail; EX extension; FX fax; HP home phone; TE telephone; UR
        web address; WP work phone
    """),
    "contact_role": _table(
        "BL technical; CX payer's claim office; IC information; EP employer; IP insured; PI; IN insured"
    ),
    "delivery": _table(
        "AA on request; AB in an earlier claim; AD with the certificate; AF not yet prepared; AG no plan; BM by mail; EL with an electronic transaction; EM by e-mail; FT by file transfer; FX by fax; NS not specified; OL on line"
    ),
    "note": _table(
        "ADD additional information; CER certification; DCP goals or plan; DGN diagnosis; TPO third party; PMT payment; ALG allergies; MED medications; NTR nutrition; ODT orders; RHB function; RLH home; RNH home needs; SET limits; SFM; SPT supplies; UPI updated"
    ),
    "contract": _table(
        "01 diagnosis group; 02 per diem; 03 variable per diem; 04 flat; 05 capitated; 06 percentage; 09 other"
    ),
    "condition": _table(
        "07 ambulance; 08 hospice; 09 equipment; 11 oxygen; 70 hospice employee; 75 homebound; E1 spectacle lenses; E2 contact lenses; E3 frames; ZZ EPSDT"
    ),
    "transport": _table(
        "A nearest facility for the illness; B for the preferred physician; C nearer to the family; D for a specialist or missing equipment; E moved to rehabilitation"
    ),
    "pricing": _table(
        "00 zero pricing; 01 priced as billed; 02 standard fee schedule; 03 contractual percentage; 04 bundled; 05 peer review; 07 flat rate; 08 combination; 09 maternity; 10 other; 11 lower of cost; 12 ratio of cost; 13 cost reimbursed; 14 adjusted"
    ),
    "certification": _table(
        "1 appealed; 2 revised; 3 cancelled; 4 extension; I initial; R renewal; S revised; N reconsideration"
    ),
    "form": _table("AS form number; UT Medicare form; HE remark code; RX pharmacy code"),
    "tooth": _table("JP tooth number; JO international tooth number"),
    "tooth_state": _table("E to be extracted; M missing; I impacted"),
    "prosthesis": _table("I initial; R replacement"),
    "ak_group": _table(
        "A accepted; E accepted with errors; P partly accepted; R rejected; M|W|X rejected by security"
    ),
    "ak_set": _table("A accepted; E accepted with errors; R rejected; M|W|X rejected by security"),
    "ta1": _table("A accepted; E accepted with errors; R rejected"),
    "ta1_note": words.TA1_NOTE,
    "segment_error": words.SEGMENT_ERROR,
    "element_error": words.ELEMENT_ERROR,
    "set_error": words.SET_ERROR,
    "status": {
        **words.CATEGORY,
        **_table("""
            D0 search unsuccessful; E0 answer not possible; E1 system down; E2 destination down; E3 correction needed; E4
            guide violation; F0 finalised; F1 finalised, paid; F2 finalised, denied; F3 finalised, revised; F3F passed
            on; F3N not passed on; F4 finalised, no payment to follow; F5 cannot be processed; P0 pending; P1 in process; P2 in review; P3
            waits for the provider; P4 waits for the patient; P5 on hold; R0 information requested; RQ general questions
        """),
    },
    "action": _table("WQ accept; U reject; F final; NA no action; 15 corrected; 27 not on file; 2 change"),
    "benefit": _table("""
        1 active coverage; 2 active, full risk; 3 active, services capitated; 4 active, capitated to primary care; 5 active, pending; 6
        inactive; 7 inactive, pending; 8 inactive, pending; A coinsurance; B copayment; C deductible; CB coverage basis; D
        benefit description; E exclusions; F limitations; G out of pocket; H unlimited; I not covered; J cost containment; K reserve; L
        primary care provider; M restricted; MC case management; N services restricted to provider; O not a medical
        necessity; P benefit disclaimer; Q second opinion; R other payer; S prior year history; T card lost; U contact
        this party; V cannot be processed; W other source; X care home; Y spend-down
    """),
    "coverage": _table(
        "CHD children only; DEP dependents only; E1D|E2D|E3D employee and dependents; E5D employee and dependents; E6D employee and dependents; E7D employee and dependents; E8D|E9D employee and dependents; ECH employee and children; EMP employee only; ESP employee and spouse; FAM family; IND individual; SPC spouse and children; SPO spouse only; TWO two"
    ),
    "maintenance": _table(
        "001 change; 002 deletion; 021 addition; 024 cancellation; 025 reinstatement; 026 correction; 030 audit; 032 employee not covered"
    ),
    "benefit_kind": _table(
        "HLT health; DEN dental; VIS vision; PDG prescription drugs; HMO HMO; PPO preferred provider organisation; POS point of service; EPO exclusive provider organisation; LTC long-term care; MM major medical; MOD modified health; AG preventive; AH 24 hour care; AJ Medicare risk; AK mental health; DCP dental capitation; EXM examination"
    ),
    "period": _table(
        "6 hour; 7 day; 13 24 hours; 21 years; 22 service year; 23 calendar year; 24 year to date; 25 contract; 26 episode; 27 visit; 28 outlier; 29 remaining; 30 exceeded; 31 not exceeded; 32 lifetime; 33 lifetime remaining; 34 month; 35 week"
    ),
    "follow_up": _table(
        "C correct and resubmit; N resubmission not allowed; P resubmit the original; R resubmission allowed; S do not resubmit; W wait 30 days; X wait 10 days; Y do not resubmit, we hold your request"
    ),
    "request": _table(
        "AR admission review; HS health services review; SC specialty care; IN initial medical; I initial"
    ),
    "decision": _table(
        "A1 certified in total; A2 certified, partial; A3 not certified; A4 pended; A6 modified; C cancelled; CT contact payer; NA no action needed"
    ),
}
"""Kind of code -> code -> what it means. An empty meaning: the code is known and shown bare."""


def meaning(table: str, code: str) -> str | None:
    """Return what *code* means in *table*; None where it is not known there."""
    return TABLES.get(table, {}).get(code) or None


def known(table: str, code: str) -> bool:
    """Tell whether *table* has *code*."""
    return code in TABLES.get(table, {})
