/// A directory of a tree: its top, which is written `.`, or a directory below it.
public struct TreeDirectory: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The top of the tree.
    public static let top = TreeDirectory(path: nil)

    /// The path below the top; nil for the top itself.
    public let path: RelativePath?

    /// Names a directory by its path; nil names the top.
    public init(path: RelativePath?) { self.path = path }

    /// Parses `.` or a path in normal form. The top has this one spelling.
    ///
    /// - Throws: `CapsuleError.Code.invalidName`
    public init(_ string: String) throws(CapsuleError) {
        guard string != "." else {
            self = .top
            return
        }
        do {
            self.init(path: try RelativePath(string))
        } catch {
            throw CapsuleError(error.code, "\(error.message); . alone names the top")
        }
    }

    /// `.` for the top, otherwise the path.
    public var description: String { path?.description ?? "." }

    /// The directory as the files of a tree name it: the empty string for the top.
    package var inTree: String { path?.description ?? "" }

    /// The path of an entry of this directory, relative to the top of the tree.
    package func path(of name: String) -> String { path.map { "\($0)/\(name)" } ?? name }

    /// The path of this directory in a tree whose directory `parent` contains this tree.
    package func below(_ parent: String) -> String { path.map { "\(parent)/\($0)" } ?? parent }

    /// Decodes the text form.
    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    /// Encodes the text form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
