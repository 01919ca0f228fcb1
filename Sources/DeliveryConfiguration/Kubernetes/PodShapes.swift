internal import Documents

/// The shapes of the parts of a pod that `kargo.verifier` passes on, in Kubernetes' own words.
///
/// They contain what Pod Security `restricted` permits, because the generated namespace enforces it: no `hostPath`, no
/// privileges. Anything else is done with a patch.
enum PodShapes {
    static let labels = Shape.map(keys: KubernetesText.key, .text(KubernetesText.labelValue))
    static let annotations = Shape.map(keys: KubernetesText.key, .text(KubernetesText.long))

    // MARK: Environment

    static let env = Shape.list(
        .object(
            [
                "name": .text(KubernetesText.variable), "value": .text(KubernetesText.long),
                "valueFrom": .union([
                    "configMapKeyRef": keyReference, "secretKeyRef": keyReference, "fieldRef": field,
                    "resourceFieldRef": resourceField,
                ]),
            ], required: ["name"], atMostOneOf: ["value", "valueFrom"]))

    static let envFrom = Shape.list(
        .union(
            ["configMapRef": optionalReference, "secretRef": optionalReference],
            ["prefix": .text(KubernetesText.variable)]))

    static let keyReference = Shape.object(
        ["name": .text(KubernetesText.name), "key": .text(KubernetesText.entry), "optional": .bool],
        required: ["name", "key"])

    private static let optionalReference = Shape.object(
        ["name": .text(KubernetesText.name), "optional": .bool], required: ["name"])

    private static let field = Shape.object(
        ["apiVersion": .text(KubernetesText.any), "fieldPath": .text(KubernetesText.any)], required: ["fieldPath"])

    private static let resourceField = Shape.object(
        [
            "containerName": .text(KubernetesText.label), "resource": .text(KubernetesText.any),
            "divisor": .scalar(KubernetesText.quantity),
        ], required: ["resource"])

    // MARK: Volumes

    static let volumes = Shape.list(
        .union(
            [
                "configMap": .object(
                    [
                        "name": .text(KubernetesText.name), "items": items, "defaultMode": mode, "optional": .bool,
                    ], required: ["name"]),
                "secret": .object(
                    [
                        "secretName": .text(KubernetesText.name), "items": items, "defaultMode": mode,
                        "optional": .bool,
                    ], required: ["secretName"]),
                "emptyDir": .object([
                    "medium": .choice(["Memory"]), "sizeLimit": .scalar(KubernetesText.quantity),
                ]),
                "persistentVolumeClaim": .object(
                    ["claimName": .text(KubernetesText.name), "readOnly": .bool], required: ["claimName"]),
                "projected": .object(["sources": .list(projection), "defaultMode": mode], required: ["sources"]),
                "csi": .object(
                    [
                        "driver": .text(KubernetesText.name), "fsType": .text(KubernetesText.any), "readOnly": .bool,
                        "volumeAttributes": .map(keys: KubernetesText.any, .text(KubernetesText.any)),
                        "nodePublishSecretRef": localReference,
                    ], required: ["driver"]),
                "downwardAPI": .object(["items": downwardItems, "defaultMode": mode]),
                "ephemeral": .object(
                    ["volumeClaimTemplate": claimTemplate], required: ["volumeClaimTemplate"]),
            ], ["name": .text(KubernetesText.label)], required: ["name"]))

    static let volumeMounts = Shape.list(
        .object(
            [
                "name": .text(KubernetesText.label), "mountPath": .text(KubernetesText.absolutePath),
                "readOnly": .bool, "subPath": .text(KubernetesText.relativePath),
                "subPathExpr": .text(KubernetesText.relativePath),
                "mountPropagation": .choice(["None", "HostToContainer"]),
            ], required: ["name", "mountPath"], atMostOneOf: ["subPath", "subPathExpr"]))

    static let localReference = Shape.object(["name": .text(KubernetesText.name)], required: ["name"])

    private static let mode = Shape.integer(0...0o777)

    private static let items = Shape.list(
        .object(
            ["key": .text(KubernetesText.entry), "path": .text(KubernetesText.relativePath), "mode": mode],
            required: ["key", "path"]))

    private static let downwardItems = Shape.list(
        .object(
            [
                "path": .text(KubernetesText.relativePath), "fieldRef": field, "resourceFieldRef": resourceField,
                "mode": mode,
            ], required: ["path"], atMostOneOf: ["fieldRef", "resourceFieldRef"]))

    private static let projection = Shape.union([
        "configMap": .object(
            ["name": .text(KubernetesText.name), "items": items, "optional": .bool], required: ["name"]),
        "secret": .object(
            ["name": .text(KubernetesText.name), "items": items, "optional": .bool], required: ["name"]),
        "downwardAPI": .object(["items": downwardItems]),
        "serviceAccountToken": .object(
            [
                "audience": .text(KubernetesText.any), "expirationSeconds": .integer(600...(1 << 32)),
                "path": .text(KubernetesText.relativePath),
            ], required: ["path"]),
    ])

    private static let claimTemplate = Shape.object(
        [
            "metadata": .object(["labels": labels, "annotations": annotations]),
            "spec": .object(
                [
                    "accessModes": .list(
                        .choice(["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"])),
                    "storageClassName": .text(KubernetesText.name), "volumeMode": .choice(["Filesystem"]),
                    "resources": .object(["requests": quantities, "limits": quantities]),
                ], required: ["accessModes", "resources"]),
        ], required: ["spec"])

    // MARK: Resources and security

    static let resources = Shape.object(["requests": quantities, "limits": quantities])

    private static let quantities = Shape.map(keys: KubernetesText.key, .scalar(KubernetesText.quantity))

    static let securityContext = Shape.object([
        "runAsUser": identity, "runAsGroup": identity, "fsGroup": identity,
        "fsGroupChangePolicy": .choice(["Always", "OnRootMismatch"]), "supplementalGroups": .list(identity),
        "supplementalGroupsPolicy": .choice(["Merge", "Strict"]),
        "seLinuxOptions": .object([
            "level": .text(KubernetesText.any), "role": .text(KubernetesText.any), "type": .text(KubernetesText.any),
            "user": .text(KubernetesText.any),
        ]),
        "seccompProfile": profile, "appArmorProfile": profile,
    ])

    // Pod Security `restricted` refuses user 0.
    private static let identity = Shape.integer(1...Int(Int32.max))

    private static let profile = Shape.object(
        ["type": .choice(["RuntimeDefault", "Localhost"]), "localhostProfile": .text(KubernetesText.relativePath)],
        required: ["type"])

    // MARK: Probes

    // The limits keep the drain period, which is longer than the readiness probe needs to fail, below two hours.
    static let readinessProbe = Shape.object([
        "initialDelaySeconds": .integer(0...3_600), "periodSeconds": .integer(1...300),
        "timeoutSeconds": .integer(1...300), "failureThreshold": .integer(1...20), "successThreshold": .integer(1...20),
    ])

    /// The liveness or the startup probe, which always need one success.
    static let otherProbe = Shape.object([
        "initialDelaySeconds": .integer(0...3_600), "periodSeconds": .integer(1...3_600),
        "timeoutSeconds": .integer(1...3_600), "failureThreshold": .integer(1...1_000),
    ])
}
