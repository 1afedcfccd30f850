"""What a remittance says beside its money: bank accounts, people to call, providers' summaries, hospital figures."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class BankAccount:
    """An account of BPR06-09 or BPR12-15; of *bank_id* and *account* reading keeps the last four characters only."""

    bank_id_type: str | None = None
    bank_id: str | None = None
    account_type: str | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittanceContact:
    """Whom to call (PER): *role* CX claims and business, BL the technical side, IC the payer's web site."""

    role: str
    name: str | None = None
    phone: str | None = None
    phone_extension: str | None = None
    fax: str | None = None
    email: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How the remittance is to reach the payee (RDM): *method* BM post, EM e-mail, FT file, OL on line."""

    method: str
    name: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittanceEntity:
    """A person or an organisation that a claim payment names (NM1); an organisation's name is its *last_name*."""

    entity_type: str = "1"
    last_name: str | None = None
    first_name: str | None = None
    middle_name: str | None = None
    suffix: str | None = None
    id_type: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InpatientFacts:
    """How a hospital stay was priced (MIA); its remark codes stand with the claim's. Information only."""

    covered_days: Decimal = Decimal(0)
    operating_outlier_amount: Decimal | None = None
    lifetime_psychiatric_days: Decimal | None = None
    drg_amount: Decimal | None = None
    disproportionate_share_amount: Decimal | None = None
    msp_pass_through_amount: Decimal | None = None
    pps_capital_amount: Decimal | None = None
    capital_federal_amount: Decimal | None = None
    capital_hospital_amount: Decimal | None = None
    capital_disproportionate_share_amount: Decimal | None = None
    old_capital_amount: Decimal | None = None
    capital_teaching_amount: Decimal | None = None
    operating_hospital_amount: Decimal | None = None
    cost_report_days: Decimal | None = None
    operating_federal_amount: Decimal | None = None
    capital_outlier_amount: Decimal | None = None
    indirect_teaching_amount: Decimal | None = None
    nonpayable_professional_amount: Decimal | None = None
    capital_exception_amount: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutpatientFacts:
    """How an outpatient claim was priced (MOA); its remark codes stand with the claim's. Information only."""

    reimbursement_rate: Decimal | None = None
    payable_amount: Decimal | None = None
    esrd_amount: Decimal | None = None
    nonpayable_professional_amount: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimGroup:
    """A payer's own grouping of claims (LX) with its sums (TS3, TS2): compared with the claims, never booked."""

    provider: str | None = None
    facility_code: str | None = None
    fiscal_year_end: date | None = None
    claim_count: Decimal | None = None
    charge: Decimal | None = None
    msp_payer_amount: Decimal | None = None
    non_lab_charge: Decimal | None = None
    hcpcs_charge: Decimal | None = None
    hcpcs_payable_amount: Decimal | None = None
    professional_component_amount: Decimal | None = None
    msp_patient_liability_amount: Decimal | None = None
    patient_reimbursement_amount: Decimal | None = None
    pip_claim_count: Decimal | None = None
    pip_adjustment_amount: Decimal | None = None
    drg_amount: Decimal | None = None
    federal_amount: Decimal | None = None
    hospital_amount: Decimal | None = None
    disproportionate_share_amount: Decimal | None = None
    capital_amount: Decimal | None = None
    indirect_teaching_amount: Decimal | None = None
    outlier_days: Decimal | None = None
    day_outlier_amount: Decimal | None = None
    cost_outlier_amount: Decimal | None = None
    average_stay_days: Decimal | None = None
    discharge_count: Decimal | None = None
    cost_report_days: Decimal | None = None
    covered_days: Decimal | None = None
    noncovered_days: Decimal | None = None
    msp_pass_through_amount: Decimal | None = None
    average_drg_weight: Decimal | None = None
    capital_federal_amount: Decimal | None = None
    capital_hospital_amount: Decimal | None = None
    capital_disproportionate_share_amount: Decimal | None = None
