internal import Documents

/// The images that the containers of an object run.
///
/// A reference elsewhere, such as in an annotation or in the data of a ConfigMap, does not deploy the image.
enum ContainerImages {
    /// The references in image fields of containers, and in volumes that are images.
    static func find(in object: YAMLNode, group: String, kind: String) -> [String] {
        var images: [String] = []
        switch group {
        case "":
            if kind == "Pod" { podSpec(object["spec"], &images) }
            if kind == "PodTemplate" { podSpec(object["template"]?["spec"], &images) }
            if kind == "ReplicationController" { podSpec(object["spec"]?["template"]?["spec"], &images) }
        case "apps", "extensions":
            podSpec(object["spec"]?["template"]?["spec"], &images)
        case "batch":
            let spec = kind == "CronJob" ? object["spec"]?["jobTemplate"]?["spec"] : object["spec"]
            podSpec(spec?["template"]?["spec"], &images)
        case "argoproj.io" where ["Application", "ApplicationSet", "AppProject"].contains(kind): break
        case _ where group.hasSuffix(".k8s.io") && !workloadGroups.contains(group): break
        default:
            let spec = object["spec"]
            if groupsWithImage.contains(group) { add(spec?["image"], &images) }
            if let spec { customResource(spec, isTemplate: workloadGroups.contains(group), &images) }
        }
        return images
    }

    /// The groups of kinds that run the containers in them, wherever these are in the object.
    private static let workloadGroups: Set<String> = [
        "agones.dev", "apps.kruise.io", "apps.openshift.io", "argoproj.io", "batch.volcano.sh", "eventing.knative.dev",
        "flink.apache.org", "jobset.x-k8s.io", "keda.sh", "kubeflow.org", "leaderworkerset.x-k8s.io",
        "monitoring.coreos.com", "opentelemetry.io", "ray.io", "serving.knative.dev", "sources.knative.dev",
        "sparkoperator.k8s.io", "tekton.dev",
    ]
    /// The groups whose kinds name the image of their container in `spec.image`.
    private static let groupsWithImage: Set<String> = [
        "flink.apache.org", "monitoring.coreos.com", "opentelemetry.io", "sparkoperator.k8s.io",
    ]
    private static let containerLists: Set<String> = [
        "containers", "initContainers", "ephemeralContainers", "sidecars", "steps",
    ]

    private static func podSpec(_ spec: YAMLNode?, _ images: inout [String]) {
        for entry in spec?.mapping ?? [] {
            if ["containers", "initContainers", "ephemeralContainers"].contains(entry.key) {
                for container in entry.value.sequence ?? [] { add(container["image"], &images) }
            } else if entry.key == "volumes" {
                for volume in entry.value.sequence ?? [] { add(volume["image"]?["reference"], &images) }
            }
        }
    }

    // Other custom resources are operators' descriptions of pods where they have a pod template.
    private static func customResource(_ node: YAMLNode, isTemplate: Bool, _ images: inout [String]) {
        for element in node.sequence ?? [] { customResource(element, isTemplate: isTemplate, &images) }
        for entry in node.mapping ?? [] {
            if isTemplate {
                if containerLists.contains(entry.key) {
                    for container in entry.value.sequence ?? [] { add(container["image"], &images) }
                } else if entry.key == "container" || entry.key == "script" {
                    add(entry.value["image"], &images)
                } else if entry.key == "volumes" {
                    for volume in entry.value.sequence ?? [] { add(volume["image"]?["reference"], &images) }
                }
            } else if entry.key.hasSuffix("emplate") {
                podSpec(entry.value["spec"], &images)
            }
            customResource(entry.value, isTemplate: isTemplate, &images)
        }
    }

    private static func add(_ node: YAMLNode?, _ images: inout [String]) {
        if let image = node?.string { images.append(image) }
    }
}
