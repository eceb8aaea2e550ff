// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    Contribution,
    ContributionStatus,
    IServiceNodeContribution,
    Reservation
} from "../../contracts/interfaces/IServiceNodeContribution.sol";
import {IServiceNodeContributionFactory} from "../../contracts/interfaces/IServiceNodeContributionFactory.sol";
import {IServiceNodeRegistry, Registration} from "../../contracts/interfaces/IServiceNodeRegistry.sol";
import {ContributionTest} from "./support/ContributionTest.sol";
import {vm} from "./support/Vm.sol";

/// @dev P-45: who makes a contribution contract, who opens a round, and with which terms.
contract ContributionOpenTest is ContributionTest {
    function test_P45_the_factory_makes_it_for_its_caller_and_knows_it() public {
        Registration memory registration = _registration(51, ALICE);
        address planned = vm.computeCreateAddress(address(factory), 3);
        vm.expectEmit(address(factory));
        emit IServiceNodeContributionFactory.ContributionCreated(planned, ALICE);
        vm.expectEmit(planned);
        emit IServiceNodeContribution.RegistrationUpdated(registration);
        vm.prank(ALICE);
        IServiceNodeContribution created = factory.create(registration);

        assertEq(address(created), planned);
        assertTrue(factory.isContribution(planned), "known");
        assertTrue(!factory.isContribution(factory.implementation()), "the implementation is none");
        assertEq(created.operator(), ALICE);
        assertEq(address(created.rewards()), address(rewards));
        assertEq(address(factory.rewards()), address(rewards));
        assertEq(address(created.token()), address(token));
        assertEq(uint256(created.status()), uint256(ContributionStatus.Setup));
        assertEq(abi.encode(created.registration()), abi.encode(registration));
        assertEq(created.round(), 0);
    }

    function test_P45_the_factory_refuses_a_fee_above_all_of_it() public {
        Registration memory registration = _registration(51, ALICE);
        registration.feeBps = 10_001;
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeContribution.FeeTooLarge.selector, 10_001));
        vm.prank(ALICE);
        factory.create(registration);
    }

    function test_P45_only_the_factory_sets_up() public {
        bytes memory call = abi.encodeCall(pot.initialize, (ALICE, _registration(51, ALICE)));
        _refused(
            ALICE,
            call,
            abi.encodeWithSelector(IServiceNodeContribution.NotFactory.selector, ALICE, address(factory))
        );
        vm.prank(ALICE);
        (bool success,) = factory.implementation().call(call);
        assertTrue(!success, "nor the implementation");
    }

    function test_P45_an_open_round_shows_its_terms() public {
        vm.expectEmit(address(pot));
        emit IServiceNodeContribution.RoundOpened(1, WHOLE, 1_000, true, _reservations(ALICE, LEAST));
        vm.expectEmit(address(pot));
        emit IServiceNodeContribution.Contributed(1, OPERATOR, BOB, QUARTER, QUARTER, QUARTER);
        vm.prank(OPERATOR);
        pot.open(QUARTER, BOB, _reservations(ALICE, LEAST), true);

        _expectStatus(ContributionStatus.Open);
        assertEq(pot.round(), 1);
        assertEq(pot.stakingRequirement(), STAKE);
        assertEq(pot.total(), QUARTER);
        assertTrue(pot.manualFinalize(), "manual");
        assertEq(abi.encode(pot.reservations()), abi.encode(_reservations(ALICE, LEAST)));
        Contribution[] memory expected = new Contribution[](1);
        expected[0] = Contribution(OPERATOR, uint64(block.timestamp), BOB, QUARTER);
        assertEq(abi.encode(pot.contributions()), abi.encode(expected));
        assertEq(token.balanceOf(address(pot)), QUARTER);
    }

    function test_P46_the_operator_opens_with_a_quarter_at_least() public {
        Reservation[] memory reserved = new Reservation[](0);
        _refused(
            OPERATOR,
            abi.encodeCall(pot.open, (QUARTER - 1, OPERATOR, reserved, false)),
            _outOfRange(QUARTER - 1, QUARTER, WHOLE)
        );
        _refused(
            OPERATOR,
            abi.encodeCall(pot.open, (WHOLE + 1, OPERATOR, reserved, false)),
            _outOfRange(WHOLE + 1, QUARTER, WHOLE)
        );
        // Reservations and the operator's part together do not pass the requirement.
        _refused(
            OPERATOR,
            abi.encodeCall(pot.open, (QUARTER, OPERATOR, _reservations(ALICE, WHOLE - QUARTER + 1), false)),
            _outOfRange(QUARTER, QUARTER, QUARTER - 1)
        );
        // A sum of reservations far beyond the requirement does not overflow into a small one.
        reserved = new Reservation[](2);
        (reserved[0], reserved[1]) = (Reservation(ALICE, type(uint96).max), Reservation(BOB, type(uint96).max));
        _refused(
            OPERATOR, abi.encodeCall(pot.open, (QUARTER, OPERATOR, reserved, false)), _outOfRange(QUARTER, QUARTER, 0)
        );
        _open(QUARTER, _reservations(ALICE, WHOLE - QUARTER), false);
        _refused(
            OPERATOR,
            abi.encodeCall(pot.open, (QUARTER, OPERATOR, new Reservation[](0), false)),
            _wrongStatus(ContributionStatus.Open)
        );
    }

    function test_P46_refuses_reservations_that_make_no_sense() public {
        address[3] memory wrong = [address(0), OPERATOR, BOB];
        Reservation[] memory reserved = new Reservation[](2);
        reserved[0] = Reservation(BOB, LEAST);
        for (uint256 i = 0; i < wrong.length; ++i) {
            reserved[1] = Reservation(wrong[i], LEAST);
            _refused(
                OPERATOR,
                abi.encodeCall(pot.open, (QUARTER, OPERATOR, reserved, false)),
                abi.encodeWithSelector(IServiceNodeContribution.InvalidReservation.selector, 1, wrong[i])
            );
        }
        reserved[1] = Reservation(ALICE, LEAST - 1);
        _refused(
            OPERATOR,
            abi.encodeCall(pot.open, (QUARTER, OPERATOR, reserved, false)),
            abi.encodeWithSelector(IServiceNodeContribution.ReservationTooSmall.selector, 1, LEAST - 1, LEAST)
        );
        _refused(
            OPERATOR,
            abi.encodeCall(pot.open, (QUARTER, OPERATOR, new Reservation[](10), false)),
            abi.encodeWithSelector(IServiceNodeContribution.TooManyReservations.selector, 10, 9)
        );
    }

    function test_P45_only_the_operator_opens_resets_finalises_updates_and_rescues() public {
        bytes[5] memory calls = [
            abi.encodeCall(pot.open, (QUARTER, ALICE, new Reservation[](0), false)),
            abi.encodeCall(pot.reset, ()),
            abi.encodeCall(pot.finalize, ()),
            abi.encodeCall(pot.rescue, (token)),
            abi.encodeCall(pot.updateRegistration, (_registration(51, ALICE)))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            _refused(
                ALICE, calls[i], abi.encodeWithSelector(IServiceNodeContribution.NotOperator.selector, ALICE, OPERATOR)
            );
        }
    }

    function test_P45_the_fee_is_fixed_while_a_round_runs_and_the_keys_are_not() public {
        Registration memory other = _registration(51, OPERATOR);
        other.feeBps = 2_000;
        vm.prank(OPERATOR);
        pot.updateRegistration(other);
        assertEq(pot.registration().feeBps, 2_000);

        other.feeBps = 10_001;
        _refused(
            OPERATOR,
            abi.encodeCall(pot.updateRegistration, (other)),
            abi.encodeWithSelector(IServiceNodeContribution.FeeTooLarge.selector, 10_001)
        );
        _open(QUARTER, true);
        other.feeBps = 2_001;
        bytes memory fixedFee = abi.encodeWithSelector(IServiceNodeContribution.FeeIsFixed.selector, 2_001, 2_000);
        _refused(OPERATOR, abi.encodeCall(pot.updateRegistration, (other)), fixedFee);
        _contribute(ALICE, WHOLE - QUARTER);
        _refused(OPERATOR, abi.encodeCall(pot.updateRegistration, (other)), fixedFee);

        other = _registration(52, OPERATOR);
        other.feeBps = 2_000;
        vm.prank(OPERATOR);
        pot.updateRegistration(other);
        vm.prank(OPERATOR);
        uint64 id = pot.finalize();
        assertEq(abi.encode(rewards.node(id).blsKey), abi.encode(other.blsKey));
        assertEq(rewards.node(id).feeBps, 2_000);
        _refused(
            OPERATOR,
            abi.encodeCall(pot.updateRegistration, (other)),
            _wrongStatus(ContributionStatus.Finalized)
        );
    }

    function test_P45_a_contribution_to_other_terms_than_seen_is_refused() public {
        // Front-running: the operator ends the round and opens another with all of the rewards as fee.
        _open(QUARTER, false);
        uint256 seen = pot.round();
        vm.prank(OPERATOR);
        pot.reset();
        Registration memory greedy = _registration(SECRET, OPERATOR);
        greedy.feeBps = 10_000;
        vm.prank(OPERATOR);
        pot.updateRegistration(greedy);
        _refused(
            ALICE, abi.encodeCall(pot.contribute, (seen, QUARTER, ALICE)), _wrongStatus(ContributionStatus.Setup)
        );
        _open(QUARTER, false);
        _refused(
            ALICE,
            abi.encodeCall(pot.contribute, (seen, QUARTER, ALICE)),
            abi.encodeWithSelector(IServiceNodeContribution.WrongRound.selector, 1, 2)
        );
    }

    function test_P45_the_requirement_is_that_of_the_opening() public {
        _open(QUARTER, false);
        rewards.setStakingRequirement(2 * STAKE);
        assertEq(pot.stakingRequirement(), STAKE);
        vm.prank(OPERATOR);
        pot.reset();
        _open(2 * QUARTER, false);
        assertEq(pot.stakingRequirement(), 2 * STAKE);
    }

    function test_P45_P48_a_changed_requirement_stops_no_running_round() public {
        IServiceNodeContribution automatic = pot;
        _open(QUARTER, false);
        _contribute(ALICE, QUARTER);
        pot = _create(OPERATOR, 51);
        _fund(OPERATOR);
        _fund(ALICE);
        _open(3 * QUARTER, true);
        _contribute(ALICE, QUARTER);
        rewards.setStakingRequirement(STAKE + 1);
        // A full round is finalised, and one that is open is completed, at the terms that all of them have seen.
        vm.prank(OPERATOR);
        assertEq(rewards.node(pot.finalize()).stake, STAKE);
        pot = automatic;
        _contribute(BOB, 2 * QUARTER);
        assertEq(rewards.node(pot.nodeId()).stake, STAKE);
        // Whoever registers without a contribution contract needs the new one.
        Registration memory registration = _registration(52, ALICE);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.StakeMismatch.selector, STAKE, STAKE + 1));
        vm.prank(ALICE);
        rewards.addBLSPublicKey(registration, _solo(ALICE));
    }

    function test_P45_keys_and_proofs_are_checked_when_a_round_opens_and_when_they_change_in_it() public {
        Registration memory stolen = _registration(54, ALICE);
        bytes32 digest = rewards.hashProofOfPossession(stolen.blsKey, OPERATOR, IDENTITY);
        bytes memory invalid =
            abi.encodeWithSelector(IServiceNodeRegistry.InvalidProofOfPossession.selector, digest, OPERATOR);
        vm.prank(OPERATOR);
        pot.updateRegistration(stolen);
        bytes memory opening = abi.encodeCall(pot.open, (QUARTER, OPERATOR, new Reservation[](0), true));
        _refused(OPERATOR, opening, invalid);
        Registration memory used = _registration(SECRET, OPERATOR);
        vm.prank(OPERATOR);
        pot.updateRegistration(used);
        uint64 id = _register(SECRET, OPERATOR);
        bytes memory inUse = abi.encodeWithSelector(IServiceNodeRegistry.KeyInUse.selector, id);
        _refused(OPERATOR, opening, inUse);

        Registration memory good = _registration(55, OPERATOR);
        vm.prank(OPERATOR);
        pot.updateRegistration(good);
        _open(QUARTER, true);
        for (uint256 i = 0; i < 2; ++i) {
            _refused(OPERATOR, abi.encodeCall(pot.updateRegistration, (stolen)), invalid);
            _refused(OPERATOR, abi.encodeCall(pot.updateRegistration, (used)), inUse);
            // Once while the round is open, once while it is full.
            if (i == 0) _contribute(ALICE, WHOLE - QUARTER);
        }
        assertEq(abi.encode(pot.registration()), abi.encode(good));
    }
}

/// @dev P-46: how much of the stake is whose.
contract ContributionAmountTest is ContributionTest {
    function test_P46_a_new_contributor_pays_an_equal_part_of_the_rest_at_least() public {
        _open(QUARTER, true);
        uint96 rest = WHOLE - QUARTER;
        uint96 part = (rest + 8) / 9;
        _expectBounds(ALICE, part, rest);
        _refusedContribution(ALICE, part - 1, _outOfRange(part - 1, part, rest));
        _refusedContribution(ALICE, rest + 1, _outOfRange(rest + 1, part, rest));
        _contribute(ALICE, part);
        _expectBounds(BOB, (rest - part + 7) / 8, rest - part);
        // Who has a place tops up by any amount.
        _expectBounds(ALICE, 1, rest - part);
        _contribute(ALICE, 1);
        assertEq(pot.contributions()[1].amount, part + 1);
        assertEq(pot.total(), QUARTER + part + 1);
        _refusedContribution(ALICE, 0, _outOfRange(0, 1, rest - part - 1));
    }

    function test_P46_dust_cannot_take_the_places() public {
        _open(QUARTER, true);
        // Nine contributors, each with the least: the stake is complete with the last one, not before.
        for (uint256 i = 0; i < 9; ++i) {
            address who = _someone(i);
            (uint256 minimum,,) = pot.contributionBounds(who);
            assertTrue(minimum >= (WHOLE - QUARTER) / 9, "no part is dust");
            _refusedContribution(who, uint96(minimum - 1), _outOfRange(minimum - 1, minimum, WHOLE - pot.total()));
            _expectStatus(ContributionStatus.Open);
            _contribute(who, uint96(minimum));
        }
        _expectStatus(ContributionStatus.Full);
        assertEq(pot.contributions().length, 10);
        _refusedContribution(ALICE, 1, _wrongStatus(ContributionStatus.Full));
    }

    function test_P46_at_most_ten_with_reservations_counted() public {
        _open(QUARTER, _nineReservations(), true);
        uint96 rest = WHOLE - QUARTER - 9 * LEAST;
        // No place for others, though there is an amount left; the reserved may take it.
        _expectBounds(ALICE, 0, 0);
        _refusedContribution(
            ALICE, rest, abi.encodeWithSelector(IServiceNodeContribution.NoPlaceLeft.selector, 1, 9, rest)
        );
        _expectBounds(_someone(4), LEAST, rest + LEAST);
        _contribute(_someone(4), rest + LEAST);
        assertEq(pot.reservations().length, 8);
        _expectBounds(OPERATOR, 0, 0);
        _refusedContribution(
            OPERATOR, 1, abi.encodeWithSelector(IServiceNodeContribution.NoPlaceLeft.selector, 2, 8, 0)
        );
        for (uint256 i = 0; i < 9; ++i) {
            if (i != 4) _contribute(_someone(i), LEAST);
        }
        _expectStatus(ContributionStatus.Full);
        assertEq(pot.contributions().length, 10);
    }

    function test_P46_a_reservation_is_for_one_and_no_less() public {
        _open(QUARTER, _reservations(ALICE, QUARTER), true);
        uint96 rest = WHOLE - 2 * QUARTER;
        _expectBounds(BOB, (rest + 7) / 8, rest);
        _refusedContribution(BOB, rest + 1, _outOfRange(rest + 1, (rest + 7) / 8, rest));
        _refusedContribution(ALICE, QUARTER - 1, _outOfRange(QUARTER - 1, QUARTER, QUARTER + rest));
        _contribute(BOB, rest);
        _expectBounds(ALICE, QUARTER, QUARTER);
        _contribute(ALICE, QUARTER);
        _expectStatus(ContributionStatus.Full);
    }

    function test_P46_a_place_left_is_free_again() public {
        _open(QUARTER, _reservations(ALICE, QUARTER), true);
        _contribute(ALICE, QUARTER);
        vm.warp(block.timestamp + 1 days);
        vm.prank(ALICE);
        pot.withdraw();
        // The reservation was taken up; what is left now is open to all.
        assertEq(pot.reservations().length, 0);
        _expectBounds(BOB, (WHOLE - QUARTER + 8) / 9, WHOLE - QUARTER);
        _expectBounds(ALICE, (WHOLE - QUARTER + 8) / 9, WHOLE - QUARTER);
    }

    function test_nobody_contributes_before_the_opening() public {
        _expectBounds(ALICE, 0, 0);
        _refusedContribution(ALICE, QUARTER, _wrongStatus(ContributionStatus.Setup));
    }

    function test_a_beneficiary_is_the_contributors_own_choice() public {
        _open(QUARTER, true);
        uint256 round = pot.round();
        bytes memory zero = abi.encodeWithSelector(IServiceNodeContribution.BeneficiaryIsZero.selector);
        _refused(ALICE, abi.encodeCall(pot.contribute, (round, QUARTER, address(0))), zero);
        _contribute(ALICE, QUARTER);
        _refused(ALICE, abi.encodeCall(pot.setBeneficiary, (address(0))), zero);
        _refused(
            BOB,
            abi.encodeCall(pot.setBeneficiary, (BOB)),
            abi.encodeWithSelector(IServiceNodeContribution.NotContributor.selector, BOB)
        );
        vm.expectEmit(address(pot));
        emit IServiceNodeContribution.BeneficiaryUpdated(round, ALICE, BOB);
        vm.prank(ALICE);
        pot.setBeneficiary(BOB);
        assertEq(pot.contributions()[1].beneficiary, BOB);
        assertEq(pot.contributions()[0].beneficiary, OPERATOR);
    }
}
