internal import HTTPClient
internal import OCI
internal import Support

/// A directory of one registry's certificates, as docker, podman and skopeo read it: `*.crt` are authorities, `*.cert` and
/// `*.key` of the same name are a client certificate and its key.
///
/// [containers-certs.d(5)](https://github.com/containers/image/blob/main/docs/containers-certs.d.5.md)
struct CertificateDirectory {
    private(set) var authorities: [CertificateAuthorities] = []
    /// The first of several, by name.
    private(set) var clientCertificate: ClientCertificate?

    /// The maximum number of names of a directory that are read; a system's directory of authorities has some hundred.
    private static let countLimit = 10_000

    /// Reads a directory; one that does not exist, or that this user cannot read, is empty.
    ///
    /// - Throws: `OCIError.Code.io` when a file there cannot be used.
    init(_ path: String) throws(OCIError) {
        let names = Self.names(path) ?? []
        for name in names {
            if name.hasSuffix(".crt") {
                let file = "\(path)/\(name)"
                authorities.append(
                    try RegistryTrust.authorities(
                        file, "\(file) is not a readable PEM file of certificate authorities"))
            } else if name.hasSuffix(".cert"), clientCertificate == nil {
                let key = "\(name.dropLast(5)).key"
                guard names.contains(key) else {
                    throw OCIError(
                        .io,
                        "\(path)/\(name) is a client certificate without its key, \(path)/\(key); the names of certificate "
                            + "authorities end in .crt")
                }
                clientCertificate = try RegistryTrust.certificate("\(path)/\(name)", key: "\(path)/\(key)")
            }
        }
    }

    /// The names in a directory, sorted; nil when it does not exist or cannot be read.
    static func names(_ path: String) -> [String]? {
        guard let directory = try? SystemCall.open(path, .directory) else { return nil }
        defer { SystemCall.close(directory) }
        guard let names = try? SystemCall.names(in: directory) else { return nil }
        return Array(names.sorted().prefix(countLimit))
    }
}
