/// The most of a word that a message shows, in characters as Unicode counts them: what is longer is a file's content by mistake.
private let longestShownWord = 100

/// A word as messages show it: between quotation marks, cut, and without characters that a terminal would obey.
func quoted(_ word: String) -> String { "\"\(shortened(word))\"" }

/// A word as messages show it in what they say to write.
func shortened(_ word: String) -> String {
    var result = ""
    for (count, scalar) in word.unicodeScalars.enumerated() {
        guard count < longestShownWord else { return result + "…" }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
            result += "\\u{\(String(scalar.value, radix: 16))}"
        default:
            result.unicodeScalars.append(scalar)
        }
    }
    return result
}

/// A word with `-` in the place of the dashes that editors and web pages make of it; nil when it begins with none of those.
func withPlainDashes(_ word: String) -> String? {
    let rest = Array(word.unicodeScalars.drop(while: \.properties.isDash).prefix(2))
    let dashes = word.unicodeScalars.prefix(while: \.properties.isDash)
    guard !rest.isEmpty, dashes.contains(where: { $0 != "-" }) else { return nil }
    // One long dash is what two short ones became, unless a single letter follows.
    let isLetter = rest.count == 1 || rest[1] == "="
    return (isLetter ? "-" : "--") + String(word.unicodeScalars[dashes.endIndex...])
}

/// Words as a sentence lists them: `a, b and c`.
func listed(_ words: [String], _ conjunction: String) -> String {
    guard let last = words.last, words.count > 1 else { return words.first ?? "" }
    return "\(words.dropLast().joined(separator: ", ")) \(conjunction) \(last)"
}
