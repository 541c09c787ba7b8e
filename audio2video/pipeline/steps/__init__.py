"""The numbered steps, one file each; all have the face of `audio2video.pipeline.step.Step`."""
