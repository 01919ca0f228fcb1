/// The width of the help in characters, which every terminal can show.
let helpWidth = 80

/// A text with its lines broken at spaces. A line keeps the last column free, unless it is the text's last one. Spaces at the
/// beginning of a line stay.
func wrapped(_ text: String, width: Int = helpWidth) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.indices.map { wrapped(line: lines[$0], width, isLast: $0 == lines.index(before: lines.endIndex)) }
        .joined(separator: "\n")
}

private func wrapped(line: Substring, _ width: Int, isLast: Bool) -> String {
    var result: [Substring] = []
    var rest = line
    // The spaces at the beginning are not a place to break at.
    var searched = rest.prefix { $0 == " " }.endIndex
    while rest.count > (isLast ? width : width - 1) {
        let limit = rest.index(rest.startIndex, offsetBy: width)
        let inside = rest[..<limit].lastIndex(of: " ").flatMap { $0 < searched ? nil : $0 }
        guard let space = inside ?? rest[max(limit, searched)...].firstIndex(of: " ") else { break }
        result.append(rest[..<space])
        rest = rest[rest.index(after: space)...]
        searched = rest.startIndex
    }
    return (result + [rest]).joined(separator: "\n")
}
