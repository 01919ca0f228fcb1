internal import FoundationEssentials

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

extension Error {
    /// The text of an error for a message: that of a ``Failure`` without its findings, that of another error of this program,
    /// and the reason of an error of Foundation or of the standard library. It never contains the name of a type of Swift.
    package var message: String {
        switch self {
        case let error as any Failure: error.message
        case let error as SystemError: error.text
        case let error as DecodingError: error.problem
        case let error as CocoaError:
            (error.underlying as? POSIXError).map { SystemError(number: $0.code.rawValue).text }
                ?? "the file cannot be read or written"
        case let error as POSIXError: SystemError(number: error.code.rawValue).text
        case let error as any CustomStringConvertible: error.description
        default: "an unexpected error; report it as a bug of this program"
        }
    }
}

extension DecodingError {
    /// The rule that a document breaks, with the path of the field.
    fileprivate var problem: String {
        switch self {
        case .keyNotFound(let key, let context): "\(Self.name(context.codingPath + [key])) is missing"
        case .valueNotFound(_, let context): "\(Self.name(context.codingPath)) is null"
        case .typeMismatch(_, let context): "\(Self.name(context.codingPath)) has another type than the format has"
        case .dataCorrupted(let context):
            context.codingPath.isEmpty ? "it is not valid JSON" : "\(Self.name(context.codingPath)) is not valid"
        @unknown default: "it does not follow the format"
        }
    }

    private static func name(_ path: [any CodingKey]) -> String {
        guard !path.isEmpty else { return "the document" }
        return quoted(path.map { $0.intValue.map { "\($0)" } ?? $0.stringValue }.joined(separator: "."))
    }
}
