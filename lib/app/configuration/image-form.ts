/** An image with a tag or digest; without one nobody knows what runs. */
export const imageForm =
  /^[a-z0-9][a-z0-9.-]*(?::\d+)?(?:\/[a-z0-9._-]+)*(?::[\w][\w.-]{0,127}|@sha256:[0-9a-f]{64})$/;

export const imageRule =
  'an image is a lower-case name with a tag or digest, such as registry.example/zonebridge-agent:0.1.0';
