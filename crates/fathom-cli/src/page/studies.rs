//! The pages of `fathom reproduce`.

mod chart;
mod hanin_nica;
mod hayou;
mod seleznova_kutyniok_2021;
mod seleznova_kutyniok_2022;
mod st_arnaud;
#[cfg(test)]
mod tests;

use fathom_ntk::report::number;
use fathom_ntk::studies::{Check, Conclusion, JudgedClaim, Results, Study, StudyError, Table as Numbers, Value};

use super::document::{Answer, Block, Page, Section, Table, Tone};
use super::references::Reference;
use crate::commands::Reproduced;

/// What a study is about.
struct About {
    title: &'static str,
    /// What it asks, for somebody who has not read the paper.
    question: &'static str,
    papers: Vec<&'static Reference>,
}

fn about(study: Study) -> About {
    match study {
        Study::HaninNica => hanin_nica::about(),
        Study::SeleznovaKutyniok2021 => seleznova_kutyniok_2021::about(),
        Study::SeleznovaKutyniok2022 => seleznova_kutyniok_2022::about(),
        Study::Hayou => hayou::about(),
        Study::StArnaud => st_arnaud::about(),
    }
}

fn sections(study: Study, results: &Results) -> Result<Vec<Section>, StudyError> {
    match study {
        Study::HaninNica => hanin_nica::sections(results),
        Study::SeleznovaKutyniok2021 => seleznova_kutyniok_2021::sections(results),
        Study::SeleznovaKutyniok2022 => seleznova_kutyniok_2022::sections(results),
        Study::Hayou => hayou::sections(results),
        Study::StArnaud => st_arnaud::sections(results),
    }
}

/// The title of a study.
pub(crate) fn title(study: Study) -> &'static str {
    about(study).title
}

/// The page of a study.
///
/// # Errors
/// What is missing from its tables.
pub(crate) fn study_page(done: &Reproduced) -> Result<Page, StudyError> {
    let About { title, question, papers } = about(done.study);
    let mut all = vec![Section::new("The question", vec![Block::text(question)])];
    if !done.claims.is_empty() {
        all.push(claims(&done.claims));
    }
    all.extend(sections(done.study, &done.results)?);
    all.push(data(&done.results));
    let mut parameters = vec![
        ["command".into(), done.command.clone()],
        ["seed".into(), done.seed.to_string()],
        ["version".into(), done.version.into()],
        ["pieces of work".into(), done.pieces.to_string()],
        ["time of all pieces".into(), format!("{:.0} s", done.seconds)],
    ];
    parameters.extend(done.images.iter().map(|images| ["images".into(), images.clone()]));
    Ok(Page { title: title.into(), answer: answer(&done.claims), sections: all, parameters, references: papers })
}

fn answer(claims: &[JudgedClaim]) -> Answer {
    let failed = claims.iter().filter(|claim| !claim.passed).count();
    let (tone, text) = match (claims.len(), failed) {
        (0, _) => (Tone::Neutral, "A trial: everything runs, too little was computed to judge the claims.".to_owned()),
        (all, 0) => (Tone::Good, format!("All {all} claims came out as recorded: {}.", counts(claims))),
        (all, failed) => (Tone::Bad, format!("{failed} of {all} claims did not come out as recorded.")),
    };
    Answer { tone, text }
}

/// How many claims there are of each conclusion.
fn counts(claims: &[JudgedClaim]) -> String {
    let all = [Conclusion::Confirmed, Conclusion::OtherConstant, Conclusion::Convention, Conclusion::Contradicted];
    let count = |conclusion| claims.iter().filter(|judged| judged.claim.conclusion == conclusion).count();
    let words = all.into_iter().filter(|c| count(*c) > 0).map(|c| format!("{} {}", count(c), c.words()));
    words.collect::<Vec<_>>().join(", ")
}

/// What becomes of a claim, and how good that is.
pub(crate) fn conclusion(judged: &JudgedClaim) -> (Tone, &'static str) {
    if !judged.passed {
        return (Tone::Bad, "not reproduced");
    }
    let tone = match judged.claim.conclusion {
        Conclusion::Confirmed | Conclusion::OtherConstant => Tone::Good,
        Conclusion::Convention | Conclusion::Contradicted => Tone::Doubtful,
    };
    (tone, judged.claim.conclusion.words())
}

/// The bound of a check in words.
pub(crate) fn expected(check: &Check) -> String {
    match (check.at_least, check.at_most, check.equals, check.within) {
        (_, _, Some(value), Some(within)) => format!("expected {} ± {}", number(value), number(within)),
        (Some(low), Some(high), ..) => format!("expected between {} and {}", number(low), number(high)),
        (Some(low), None, ..) => format!("expected at least {}", number(low)),
        (None, Some(high), ..) => format!("expected at most {}", number(high)),
        _ => "without a bound".into(),
    }
}

fn claims(judged: &[JudgedClaim]) -> Section {
    let overview = Table {
        caption: "What the paper claims, in our words, and what became of it".into(),
        headings: ["claim", "where", "conclusion"].map(String::from).to_vec(),
        rows: judged
            .iter()
            .map(|j| vec![j.claim.statement.clone(), j.claim.place.clone(), conclusion(j).1.into()])
            .collect(),
        tones: judged.iter().map(|j| conclusion(j).0).collect(),
    };
    let mut blocks = vec![Block::Table(overview)];
    for one in judged {
        blocks.push(Block::text(format!("“{}” {}", one.claim.statement, one.claim.finding)));
        let rows = one.checks.iter().map(|check| {
            let measured = check.measured.map_or("not measured".into(), number);
            let outcome = if check.passed { "as expected" } else { "not as expected" };
            let table = check.table.unwrap_or("none");
            vec![
                check.check.what.clone(),
                measured,
                expected(&check.check),
                check.check.why.clone(),
                table.into(),
                outcome.into(),
            ]
        });
        let headings = ["measured", "value", "bound", "why there", "table", "outcome"];
        blocks.push(Block::Table(Table {
            caption: format!("{}: {}", one.claim.id, conclusion(one).1),
            headings: headings.map(String::from).to_vec(),
            rows: rows.collect(),
            tones: one.checks.iter().map(|c| if c.passed { Tone::Good } else { Tone::Bad }).collect(),
        }));
    }
    Section::new("Claims", blocks)
}

/// All tables, with every digit.
fn data(results: &Results) -> Section {
    let mut blocks = vec![Block::text(
        "Every number and every figure of this page is computed from these tables; a number that a claim is judged by names \
         the table it comes from.",
    )];
    blocks.extend(results.tables.iter().map(|table| Block::Data(whole(table))));
    Section::new("Tables", blocks)
}

fn whole(table: &Numbers) -> Table {
    let cell = |value: &Value| match value {
        Value::Nothing => String::new(),
        Value::Number(number) => format!("{number}"),
        Value::Word(word) => word.clone(),
    };
    let meanings: Vec<String> = table.columns.iter().map(|c| format!("{}: {}", c.name, c.meaning)).collect();
    Table {
        caption: format!("{}. {} ({})", table.name, table.caption, meanings.join("; ")),
        headings: table.columns.iter().map(|column| column.name.into()).collect(),
        rows: table.rows.iter().map(|row| row.iter().map(cell).collect()).collect(),
        tones: Vec::new(),
    }
}
