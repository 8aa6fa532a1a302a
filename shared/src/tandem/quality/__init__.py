"""How good labels are: pure rules over labels, confidences and what people decided."""
