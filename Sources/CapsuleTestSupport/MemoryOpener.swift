package import OCI

/// Opens the stores that a test has made. Every other store is unavailable.
package struct MemoryOpener: ContentOpener {
    private let stores: [MemoryStore]

    /// Makes an opener of some stores, each with its own reference.
    package init(_ stores: [MemoryStore]) { self.stores = stores }

    /// The store with this reference.
    package func source(_ reference: StoreReference) async throws -> any ContentSource { try await store(reference) }

    /// The store with this reference.
    package func store(_ reference: StoreReference) async throws -> any ContentStore {
        guard let store = stores.first(where: { $0.reference == reference }) else {
            throw OCIError(.unavailable, "\(reference) cannot be reached")
        }
        return store
    }
}
