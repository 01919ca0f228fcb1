internal import Support

/// The password or token of a registry's account, as text.
enum RegistryPassword {
    /// The maximum number of bytes that are read. The tokens of cloud providers have up to some thousand, keys of service accounts too.
    static let maximumSize = 64 << 10

    /// Everything on standard input, without the line end that editors and `echo` add.
    static func fromStandardInput() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count <= maximumSize {
            try TerminalPrompt.waitForInput()
            let more: [UInt8]
            do throws(SystemError) {
                more = try SystemCall.read(0, count: maximumSize + 1 - bytes.count)
            } catch {
                throw UsageError("the password cannot be read from stdin: \(error.text)")
            }
            if more.isEmpty { break }
            bytes += more
        }
        guard bytes.count <= maximumSize else {
            throw UsageError("stdin has more than \(maximumSize) bytes, the limit of a password; nothing was stored")
        }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        return bytes
    }

    /// What was read, as text.
    static func text(_ bytes: [UInt8], of what: String) throws -> String {
        guard let text = String(validating: bytes, as: UTF8.self), text.unicodeScalars.allSatisfy({ $0.value != 0 })
        else {
            throw UsageError("\(what) is not text; nothing was stored")
        }
        return text
    }
}
