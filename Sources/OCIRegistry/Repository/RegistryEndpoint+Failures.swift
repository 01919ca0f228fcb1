internal import FoundationEssentials
internal import HTTPMessages
internal import OCI

extension RegistryEndpoint {
    /// The error code for a manifest that was pushed before content that it refers to.
    static let blobUnknown = "MANIFEST_BLOB_UNKNOWN"

    /// The error for an unexpected response. Reads the body for the error codes in it.
    func failure(_ response: TransportResponse, doing: String) async -> OCIError {
        failure(response, codes: await errorCodes(response), doing: doing)
    }

    /// The error for a response with these codes.
    ///
    /// The registry's own text is left out: it could repeat anything, credentials included.
    func failure(_ response: TransportResponse, codes: [String], doing: String) -> OCIError {
        let host = response.address.origin.authority
        let said = codes.isEmpty ? "\(response.status)" : "\(response.status) \(codes.joined(separator: ", "))"
        if codes.contains(Self.blobUnknown) {
            return OCIError(
                .notFound,
                "\(doing): the manifest refers to content that \(host) does not have (\(said)); store that first")
        }
        if codes.contains("DIGEST_INVALID") || codes.contains("SIZE_INVALID") {
            return OCIError(
                .contentMismatch,
                "\(doing): the content that \(host) received does not match its digest (\(said)); a proxy altered it. Try again"
            )
        }
        switch response.status {
        case 401:
            return OCIError(
                .unauthorized,
                "\(doing): \(host) requires authentication (\(said)); run `docker login \(repository.registry)`")
        case 403:
            return OCIError(
                .unauthorized,
                "\(doing): \(host) denies access (\(said)); run `docker login \(repository.registry)` with an account that "
                    + "has access")
        case 404, 410:
            return OCIError(.notFound, "\(doing): not found on \(host) (\(said)); check the name")
        case 405, 501:
            return OCIError(.unsupported, "\(doing): \(host) does not support this request (\(said))")
        case 413:
            return OCIError(
                .tooLarge, "\(doing): the content is too large for \(host) (\(said)); ask the registry's operator")
        case 408, 425, 429, 500...:
            return OCIError(
                .unavailable, "\(doing): \(host) answers \(said); try again later, or ask the registry's operator")
        default:
            return OCIError(.protocolViolation, "\(doing): \(host) sent an unexpected response (\(said))")
        }
    }

    /// The error codes in a response body, as the distribution-spec defines them; texts that are not codes are dropped.
    func errorCodes(_ response: TransportResponse) async -> [String] {
        struct Answer: Decodable {
            struct Item: Decodable { var code: String? }
            var errors: [Item]?
        }
        guard let body = try? await response.collect(upTo: configuration.limits.answerSize),
            let answer = try? JSONDecoder().decode(Answer.self, from: Data(body))
        else { return [] }
        return (answer.errors ?? []).prefix(4).compactMap(\.code).filter { code in
            !code.isEmpty && code.utf8.count <= 40
                && code.utf8.allSatisfy { (0x41...0x5A).contains($0) || $0 == UInt8(ascii: "_") }
        }
    }
}
