/// A renderer's error text made fit for a message: cut, and without control characters that a terminal would obey.
package func printable(_ text: String, limit: Int) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
        if out.utf8.count >= limit { return out + "…" }
        let hidden = (scalar.value < 0x20 && scalar != "\n" && scalar != "\t") || (0x7F...0x9F).contains(scalar.value)
        out.unicodeScalars.append(hidden || scalar.properties.isBidiControl ? "?" : scalar)
    }
    return out
}

/// One line of a program's error text, for a message of ours.
package func quotedLine(_ text: some StringProtocol) -> String { printable(String(text), limit: 300) }
