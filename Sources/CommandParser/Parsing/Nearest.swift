/// The length limit for comparisons, in characters. No name is longer, and the time grows with the product of the lengths.
private let longestComparedWord = 40

/// The most similar name to a mistyped word: the one with the fewest mistakes, at most one for three letters, otherwise
/// the only one that begins with the word.
func nearest(to word: String, among names: [String]) -> String? {
    // Bytes first: counting the characters of a megabyte is slow.
    guard word.utf8.count <= 4 * longestComparedWord, word.unicodeScalars.count <= longestComparedWord else {
        return nil
    }
    let typed = Array(word.lowercased().unicodeScalars)
    var best: (name: String, mistakes: Int)?
    for name in names {
        let mistakes = distance(typed, Array(name.unicodeScalars))
        guard mistakes * 3 <= max(typed.count, name.unicodeScalars.count) else { continue }
        if mistakes < best?.mistakes ?? .max { best = (name, mistakes) }
    }
    if let best { return best.name }
    let longer = word.utf8.count < 3 ? [] : Set(names.filter { $0.hasPrefix(word) })
    return longer.count == 1 ? longer.first : nil
}

/// The number of mistakes between two words: letters inserted, deleted, changed, or two neighbours swapped (the
/// Damerau-Levenshtein distance, without edits between swapped letters).
func distance(_ one: [Unicode.Scalar], _ other: [Unicode.Scalar]) -> Int {
    guard !one.isEmpty, !other.isEmpty else { return max(one.count, other.count) }
    var beforeLast: [Int] = []
    var last = Array(0...other.count)
    for i in 1...one.count {
        var row = [i]
        for j in 1...other.count {
            let change = last[j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1)
            var least = min(last[j] + 1, row[j - 1] + 1, change)
            if i > 1, j > 1, one[i - 1] == other[j - 2], one[i - 2] == other[j - 1] {
                least = min(least, beforeLast[j - 2] + 1)
            }
            row.append(least)
        }
        (beforeLast, last) = (last, row)
    }
    return last[other.count]
}
