//! How wide text is, and where it breaks.

/// Advances of the characters from space to `~` in DejaVu Sans, in thousandths of the font size.
const ADVANCES: [u16; 95] = [
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636, 636,
    636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863,
    748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635,
    615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636,
    337, 636, 838,
];
/// Superscript and subscript digits.
const SMALL: u16 = 401;
/// Greek letters and mathematical signs, most of which are narrower.
const OTHER: u16 = 838;

/// Width in pixels at a font size in pixels.
pub(super) fn text_width(text: &str, size: u32) -> f64 {
    let thousandths: u32 = text.chars().map(|c| u32::from(advance(c))).sum();
    f64::from(thousandths) * f64::from(size) / 1000.0
}

fn advance(c: char) -> u16 {
    match c {
        '⁰'..='₉' | '²' | '³' | '¹' => SMALL,
        // Scripts with square characters.
        '\u{2e80}'.. => 1000,
        _ => (c as usize).checked_sub(32).and_then(|i| ADVANCES.get(i)).copied().unwrap_or(OTHER),
    }
}

/// Breaks text into lines no wider than `width`, at spaces or commas where possible; what does not fit into `most` lines
/// ends in an ellipsis.
pub(super) fn wrap(text: &str, size: u32, width: f64, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_inclusive([' ', ',']) {
        if !line.is_empty() && text_width(line.trim_end(), size) + text_width(word.trim_end(), size) > width {
            lines.push(std::mem::take(&mut line));
        }
        for c in word.chars() {
            if !line.is_empty() && text_width(&line, size) + text_width(c.encode_utf8(&mut [0; 4]), size) > width {
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
    }
    lines.push(line);
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            while text_width(last, size) + text_width("…", size) > width && last.pop().is_some() {}
            last.push('…');
        }
    }
    lines.iter().map(|l| l.trim().to_string()).filter(|l| !l.is_empty()).collect()
}

/// A whole number as an exponent.
pub(super) fn superscript(number: i64) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let raise = |c: char| c.to_digit(10).map_or('⁻', |d| DIGITS[d as usize]);
    number.to_string().chars().map(raise).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_the_font() {
        // 1.2 em: "W" 989 and "i" 278 thousandths, "²" 401, at ten pixels.
        assert!((text_width("Wi²", 10) - 16.68).abs() < 1e-12);
    }

    #[test]
    fn lines_break_at_spaces_and_commas_and_long_words_anywhere() {
        assert_eq!(wrap("one two", 10, 30.0, 9), ["one", "two"]);
        assert_eq!(wrap("10,20,30", 10, 22.5, 9), ["10,", "20,", "30"]);
        assert_eq!(wrap("aaaa", 10, 13.0, 9), ["aa", "aa"]);
        assert_eq!(wrap("", 10, 13.0, 9), [""; 0]);
        for line in wrap("a network of many words and averylongwordwithoutaspace in it", 12, 80.0, 9) {
            assert!(text_width(&line, 12) <= 80.0, "{line}");
        }
    }

    #[test]
    fn what_is_left_over_is_marked() {
        let lines = wrap("one two three four", 10, 30.0, 2);
        assert_eq!(lines.len(), 2);
        assert!(lines[1].ends_with('…') && text_width(&lines[1], 10) <= 30.0);
    }

    #[test]
    fn exponents_are_raised() {
        assert_eq!(superscript(-120), "⁻¹²⁰");
    }
}
