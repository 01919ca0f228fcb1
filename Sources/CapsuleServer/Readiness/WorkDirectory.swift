internal import FoundationEssentials
internal import Support

/// A directory that work writes to.
struct WorkDirectory: Sendable {
    let path: String
    /// The use, for messages: `promotions`.
    let use: String
    /// The option or variable that names another directory.
    let setting: String

    /// The directory of temporary files.
    static var temporary: String { FileManager.default.temporaryDirectory.path }

    /// Makes a directory again that a clean-up removed.
    static func remake(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    /// The reason why nothing can be written; nil when a file can be written. A directory that was removed is made again.
    ///
    /// The file has content, because a full disk often still has room for a name. It blocks.
    func problem() -> String? {
        let name = "capsule-ready-\(ProcessInfo.processInfo.processIdentifier)"
        do {
            try Self.remake(path)
            let directory = try SystemCall.open(path, .directory)
            defer { SystemCall.close(directory) }
            defer { SystemCall.remove(name, at: directory) }
            try SmallFile.replace(name, with: Array(repeating: 0x2E, count: 4 << 10), in: path, durable: false)
            return nil
        } catch {
            let why = (error as? SystemError)?.text ?? "it cannot be made"
            return
                "\(use) cannot be written to \(quoted(path)): \(why); make it writable, or name another with \(setting)"
        }
    }
}
