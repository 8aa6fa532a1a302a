"""Quality of labels: pure rules over labels, confidences and what people decided."""
