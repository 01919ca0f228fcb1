internal import FoundationEssentials
internal import HTTPMessages
internal import OCI

extension RegistryEndpoint {
    /// The code of a manifest's PUT that came before content that the manifest refers to.
    static let blobUnknown = "MANIFEST_BLOB_UNKNOWN"

    /// The error for an answer that is none of those that were hoped for. Reads the body, for the codes in it.
    func failure(_ response: WireResponse, doing: String) async -> OCIError {
        failure(response, codes: await errorCodes(response), doing: doing)
    }

    /// The error for an answer with these codes.
    ///
    /// The registry's own words stay out: it could say anything, our credentials included.
    func failure(_ response: WireResponse, codes: [String], doing: String) -> OCIError {
        let host = response.address.origin.authority
        let said = codes.isEmpty ? "\(response.status)" : "\(response.status) \(codes.joined(separator: ", "))"
        if codes.contains(Self.blobUnknown) {
            return OCIError(
                .notFound, "\(doing): \(host) misses content that the manifest refers to (\(said)); store that first")
        }
        if codes.contains("DIGEST_INVALID") || codes.contains("SIZE_INVALID") {
            return OCIError(
                .contentMismatch,
                "\(doing): \(host) got other bytes than their digest says (\(said)); a proxy altered them. Try again")
        }
        switch response.status {
        case 401:
            return OCIError(
                .unauthorized,
                "\(doing): \(host) wants a login (\(said)); run `docker login \(repository.registry)`")
        case 403:
            return OCIError(
                .unauthorized,
                "\(doing): \(host) does not allow it (\(said)); run `docker login \(repository.registry)` with an account "
                    + "that may")
        case 404, 410:
            return OCIError(.notFound, "\(doing): \(host) has no such thing (\(said)); check the name")
        case 405, 501:
            return OCIError(.unsupported, "\(doing): \(host) cannot do this (\(said))")
        case 413:
            return OCIError(
                .tooLarge, "\(doing): \(host) does not take this much (\(said)); ask whoever runs the registry")
        case 408, 425, 429, 500...:
            return OCIError(
                .unavailable, "\(doing): \(host) answers \(said); try again later, or ask whoever runs the registry")
        default:
            return OCIError(.protocolViolation, "\(doing): \(host) answers \(said), which was not to be expected")
        }
    }

    /// The codes of the errors that the distribution-spec gives a body for, where they look like codes.
    func errorCodes(_ response: WireResponse) async -> [String] {
        struct Answer: Decodable {
            struct Item: Decodable { var code: String? }
            var errors: [Item]?
        }
        guard let body = try? await response.collect(upTo: context.configuration.limits.answerSize),
            let answer = try? JSONDecoder().decode(Answer.self, from: Data(body))
        else { return [] }
        return (answer.errors ?? []).prefix(4).compactMap(\.code).filter { code in
            !code.isEmpty && code.utf8.count <= 40
                && code.utf8.allSatisfy { (0x41...0x5A).contains($0) || $0 == UInt8(ascii: "_") }
        }
    }
}
