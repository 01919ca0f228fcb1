/// The method of a request.
///
/// [RFC 9110, section 9](https://www.rfc-editor.org/rfc/rfc9110#section-9)
public struct HTTPMethod: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The method as it is sent. Methods are told apart by case.
    public let rawValue: String

    /// A method by its name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Reads a resource.
    public static let GET = HTTPMethod(rawValue: "GET")
    /// Reads what `GET` would say of a resource, without its content.
    public static let HEAD = HTTPMethod(rawValue: "HEAD")
    /// Has a resource process what is sent.
    public static let POST = HTTPMethod(rawValue: "POST")
    /// Stores what is sent.
    public static let PUT = HTTPMethod(rawValue: "PUT")
    /// Changes a part of a resource.
    public static let PATCH = HTTPMethod(rawValue: "PATCH")
    /// Removes a resource.
    public static let DELETE = HTTPMethod(rawValue: "DELETE")

    /// The method as it is sent.
    public var description: String { rawValue }
}
