internal import Support

/// The limit for a word in a message, in Unicode scalars: a longer one is probably the content of a file.
private let longestShownWord = 100

/// A word for a message: quoted, truncated, and with control characters escaped.
func quoted(_ word: String) -> String { Support.quoted(word, limit: longestShownWord) }

/// A word for a message, without quotation marks.
func shortened(_ word: String) -> String { word.escapedForDisplay(limit: longestShownWord) }

/// A word with `-` for typographic dashes at its beginning; nil when it has none.
func withPlainDashes(_ word: String) -> String? {
    let rest = Array(word.unicodeScalars.drop(while: \.properties.isDash).prefix(2))
    let dashes = word.unicodeScalars.prefix(while: \.properties.isDash)
    guard !rest.isEmpty, dashes.contains(where: { $0 != "-" }) else { return nil }
    // A typographic dash replaced two, unless a single letter follows.
    let isLetter = rest.count == 1 || rest[1] == "="
    return (isLetter ? "-" : "--") + String(word.unicodeScalars[dashes.endIndex...])
}

/// Words joined for a sentence: `a, b and c`.
func listed(_ words: [String], _ conjunction: String) -> String {
    guard let last = words.last, words.count > 1 else { return words.first ?? "" }
    return "\(words.dropLast().joined(separator: ", ")) \(conjunction) \(last)"
}
