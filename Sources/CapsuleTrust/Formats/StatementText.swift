internal import CapsuleCore
internal import Documents
internal import Support

/// Parsers of the texts in a statement.
enum StatementText {
    static func notEmpty(_ text: String) throws(DocumentError) -> String {
        guard !text.isEmpty else { throw DocumentError(.invalidDocument, "it is empty") }
        return text
    }

    static func stageName(_ text: String) throws(DocumentError) -> String {
        guard isDNSLabel(text) else { throw DocumentError(.invalidDocument, "\(quoted(text)) is not a stage name") }
        return text
    }

    static func time(_ text: String) throws(DocumentError) -> Int64 {
        guard let seconds = CapsuleFormat.seconds(text) else {
            throw DocumentError(.invalidDocument, "\(quoted(text)) is not a time in UTC such as 2026-01-31T00:00:00Z")
        }
        return seconds
    }
}
