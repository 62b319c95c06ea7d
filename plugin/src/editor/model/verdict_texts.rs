//! The parts of an analysis beside its proposals, as the assistant shows them: damage, findings without a proposal, and
//! what is in order.

use flow_analysis::report::{Analysis, Finding, Grade, Proposal, Remedy};

use crate::editor::language::{text, translate};
use crate::editor::model::listening_state::is_single;

/// Findings that no setting can repair.
pub(crate) fn damage(analysis: &Analysis) -> impl Iterator<Item = &Finding> {
    analysis.findings.iter().filter(|f| f.is_irreversible)
}

/// Repairable findings that none of the proposals answers, the most severe first.
pub(crate) fn unanswered<'a>(
    analysis: &'a Analysis,
    proposals: &'a [Proposal],
) -> impl Iterator<Item = &'a Finding> {
    let is_answered = |finding: &Finding| match finding.remedy {
        Remedy::Proposal(id) => proposals.iter().any(|proposal| proposal.id == id),
        Remedy::None(_) => false,
    };
    let findings = analysis.findings.iter();
    findings.filter(move |finding| !finding.is_irreversible && !is_answered(finding))
}

/// "Fine: balance, low end in mono."; `None` if nothing was checked.
pub(crate) fn fine_text(analysis: &Analysis) -> Option<String> {
    let names: Vec<String> = {
        let names = analysis.checks.iter();
        names.map(|check| as_word(translate(check.name))).collect()
    };
    (!names.is_empty()).then(|| text!("Fine: {names}.", names = names.join(", ")))
}

/// Why there is no proposal, where the findings don't say it.
pub(crate) fn empty_text(analysis: &Analysis) -> Option<&'static str> {
    let is_repair = |proposal: &Proposal| proposal.grade != Grade::Taste;
    if analysis.proposals.iter().any(is_repair) {
        Some(text!("All proposals are decided."))
    } else if analysis.reference_match.is_some() {
        Some(text!(
            "The sound is as near to the references as the chain can bring it."
        ))
    } else if is_single(analysis) {
        Some(text!(
            "Balance and width of a single instrument aren't compared with mixes."
        ))
    } else if analysis.findings.is_empty() && analysis.checks.is_empty() {
        Some(text!("No fault was found."))
    } else {
        None
    }
}

/// A name within a sentence: "Low end" becomes "low end", "PLR" stays.
fn as_word(name: &str) -> String {
    let mut letters = name.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            first.to_lowercase().chain(name.chars().skip(1)).collect()
        }
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use flow_analysis::features::AnalysisWindow;
    use flow_analysis::pipeline::analyze;
    use flow_analysis::report::{Check, Context, FindingKind, Message, NoProposal, Severity};

    use super::*;

    fn finding(severity: Severity, reason: NoProposal) -> Finding {
        Finding {
            kind: FindingKind::Other,
            text: format!("{severity:?}").into(),
            severity,
            confidence: 1.0,
            is_irreversible: false,
            remedy: Remedy::None(reason),
        }
    }

    fn analysis_of(findings: Vec<Finding>, names: &[&'static str]) -> Analysis {
        let text = Message::default();
        let check = |name: &&'static str| Check {
            kind: FindingKind::Other,
            name,
            text: text.clone(),
        };
        Analysis {
            content: flow_analysis::report::ContentClass::Music,
            findings,
            checks: names.iter().map(check).collect(),
            ..analyze(&AnalysisWindow::new(1), &Context::default())
        }
    }

    #[test]
    fn texts_without_proposals_state_findings_and_checks() {
        let notice = finding(Severity::Notice, NoProposal::Uncertain);
        let remark = finding(Severity::Info, NoProposal::Informative);
        let decided = finding(
            Severity::Problem,
            NoProposal::DecidedBy("Night".to_owned().into()),
        );
        let analysis = analysis_of(
            vec![decided, notice, remark],
            &["Balance", "PLR", "Low end in mono"],
        );
        assert_eq!(empty_text(&analysis), None);
        let fine = fine_text(&analysis);
        assert_eq!(
            fine.as_deref(),
            Some("Fine: balance, PLR, low end in mono.")
        );
        let nothing = analysis_of(Vec::new(), &[]);
        assert_eq!(empty_text(&nothing), Some("No fault was found."));
        assert_eq!(fine_text(&nothing), None);
    }
}
