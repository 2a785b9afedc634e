//! The TOML document.

use fathom_ntk::analysis::sweep::{Key, OptionValue, Setting, Sweep, SweepCommand};

#[test]
fn a_document_keeps_the_order_of_its_axes() {
    let text = "command = \"train\"\n[network]\nwidth = 20\nweight_var = [1.0, 2.5]\n[grid]\nweight-law = [\"uniform\"]\n\
                depth = [3, 2]\nbias_var = { from = 0, to = 0.5, count = 3 }\nactivation = \"tanh\"\n\
                [train]\nlearning_rate = 0.1\nloss = \"squared\"\nsteps = 10\ncheck = true\n";
    let sweep = Sweep::from_toml(text).unwrap();
    assert_eq!(sweep.command, SweepCommand::Train);
    assert_eq!(sweep.keys(), [Key::WeightLaw, Key::Depth, Key::BiasVar, Key::Activation]);
    let values = |axis: usize| sweep.axes()[axis].values().iter().map(Setting::to_string).collect::<Vec<_>>();
    assert_eq!((values(1), values(2)), (vec!["3".into(), "2".into()], vec!["0".into(), "0.25".into(), "0.5".into()]));
    let option = |name: &str| sweep.options.iter().find(|(other, _)| other == name).unwrap().1.clone();
    assert_eq!(option("learning_rate"), OptionValue::Text("0.1".into()));
    assert_eq!((option("steps"), option("check")), (OptionValue::Text("10".into()), OptionValue::Flag(true)));
    // The list of variances is that of the two layers of depth 2, and too short for depth 3.
    let error = sweep.cells(4, 1).unwrap_err().to_string();
    assert!(
        error.starts_with("cell 0 (weight_law = uniform, depth = 3, bias_var = 0, activation = tanh): "),
        "{error}"
    );
}

#[test]
fn documents_without_a_meaning_are_refused_with_what_is_allowed() {
    let refused = |text: &str| Sweep::from_toml(text).unwrap_err().to_string();
    assert!(refused("").contains("missing field `command`"));
    assert!(refused("command = \"trian\"").starts_with("line 1, column 11: unknown variant `trian`, expected one of"));
    assert!(refused("command = \"train\"\ncolour = 1").contains("unknown field `colour`"));
    let network = refused("command = \"train\"\n[network]\nwidht = 3");
    assert!(
        network.starts_with("[network] has no key widht: allowed are widths, inputs, outputs, depth, width, ratio")
    );
    assert!(refused("command = \"train\"\n[grid]\nwidht = [3]").starts_with("[grid] has no key widht"));
    let range = refused("command = \"train\"\n[grid]\nwidth = { from = 1, to = 2, step = 1 }");
    assert_eq!(range, "a range has no key step: allowed are from, to, count, log");
    assert!(refused("command = \"train\"\n[grid]\nwidth = { from = 1, to = 2 }").contains("needs a count"));
    assert!(
        refused("command = \"train\"\n[grid]\nwidth = { to = 2, count = 2 }").contains("needs the numbers from and to")
    );
    assert_eq!(refused("command = \"train\"\n[grid]\nwidth = []"), "width needs at least one value, got none");
    assert!(refused("command = \"train\"\n[grid]\nwidth = [true]").contains("a value is a number, a text or a list"));
    assert_eq!(refused("command = \"train\"\n[sample]\n"), "the command is train, so [sample] has no meaning");
    assert!(refused("command = \"train\"\n[train]\nsteps = { n = 1 }").starts_with("steps must be a number"));
}
