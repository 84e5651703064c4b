execute sbapply_standing ('{since}');
