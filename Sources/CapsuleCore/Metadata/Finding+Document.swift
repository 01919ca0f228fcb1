internal import Documents
internal import Support

extension Finding {
    /// Creates a finding for a document that could not be read. When the message of `error` begins with the file and
    /// the line, they become the finding's own fields.
    init(rule: String, file: String, reading error: DocumentError, remedy: String) {
        var message = Substring(error.message)
        var line: Int?
        if message.hasPrefix(file + ":") {
            message = message.dropFirst(file.count + 1)
            if let colon = message.firstIndex(of: ":"), let number = Int(message[..<colon]) {
                line = number
                message = message[message.index(after: colon)...]
            }
            message = message.drop { $0 == " " }
        }
        self.init(rule: rule, file: file, line: line, message: String(message), remedy: remedy)
    }
}
